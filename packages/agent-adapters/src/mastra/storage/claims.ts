import { randomUUID } from "node:crypto";
import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { MastraAgent } from "../contract.ts";
import { StoreWorkflows } from "./workflows.ts";

/** How resumes of an agent are claimed. */
export interface ClaimOptions {
  /** How long a claim holds whose process says no more, in milliseconds; 15 minutes when not given. Then somebody else may go on, and what was under way may happen twice. */
  readonly lapseMs?: number;
}

/** What Mastra's agents call the workflow that their loop is. */
const LOOP = "agentic-loop";

/** Mastra's word for a resume of a call that does not wait. */
const NO_CALL = "AGENT_RESUME_TOOL_CALL_NOT_SUSPENDED";

const LAPSE_MS = 15 * 60_000;

type Resume = (resumeData: unknown, options?: { readonly runId?: string }) => Promise<unknown>;

/** Agents whose resumes are claimed already. */
const claimed = new WeakSet<object>();

/**
 * The agent, whose resumes (`resumeStream`, `resumeGenerate`, and the approvals that go through them) are claimed in its Mastra's storage from here on: of several that go on with one suspension one
 * does, in whatever process, and the others are refused (`CONFLICT`). It is changed in place, once.
 *
 * The storage has to be one of `mastraStorage`: any other is refused when a run is resumed (`INVALID_ARGUMENT`).
 */
export function claimResumes<Agent extends MastraAgent>(
  agent: Agent,
  { lapseMs = LAPSE_MS }: ClaimOptions = {},
): Agent {
  checkGiven("claimResumes", { agent }, { agent: "object" });
  if (claimed.has(agent)) return agent;
  claimed.add(agent);
  for (const verb of ["resumeStream", "resumeGenerate"] as const) {
    const resume = (agent[verb] as Resume).bind(agent);
    const once: Resume = async (resumeData, options) => {
      const release = await claim(agent, options?.runId ?? "", lapseMs);
      try {
        return await resume(resumeData, options);
      } catch (error) {
        if (isOfNoCall(error)) await release();
        throw error;
      }
    };
    Object.defineProperty(agent, verb, { value: once, configurable: true, writable: true });
  }
  return agent;
}

/** Whether Mastra has refused it ahead of all work: the call that it names does not wait (somebody has decided on it, and others of its turn still wait). */
function isOfNoCall(error: unknown): boolean {
  return (error as { readonly id?: unknown } | undefined)?.id === NO_CALL;
}

/** Claims the run; what is answered gives it back. */
async function claim(
  agent: MastraAgent,
  runId: string,
  lapseMs: number,
): Promise<() => Promise<void>> {
  const workflows: unknown = await agent.getMastraInstance()?.getStorage()?.getStore("workflows");
  if (!(workflows instanceof StoreWorkflows))
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The agent "${agent.id}" has no storage that could keep a claim: give its Mastra instance one of mastraStorage.`,
    );
  const run = { workflowName: LOOP, runId };
  const owner = randomUUID();
  const answer = await workflows.claim(run, owner, lapseMs);
  if (answer === "taken")
    throw conflict(`Somebody else goes on with run ${runId} of the agent "${agent.id}".`);
  if (answer === "not-suspended")
    throw conflict(
      `Run ${runId} of the agent "${agent.id}" waits for nobody: it has gone on, or ended, or there is none.`,
    );
  return async () => workflows.release(run, owner);
}

function conflict(message: string): StorageError {
  return new StorageError("CONFLICT", message);
}
