import { randomUUID } from "node:crypto";
import { StorageError } from "@perdure/checkpoint-core";
import type { MastraAgent } from "../contract.ts";
import { StoreWorkflows } from "./workflows.ts";

/** How resumes of an agent are claimed. */
export interface ClaimOptions {
  /** How long a claim holds whose process says no more, in milliseconds; 15 minutes when not given. Then somebody else may go on, and what was under way may happen twice. */
  readonly lapseMs?: number;
}

/** What Mastra's agents call the workflow that their loop is. */
const LOOP = "agentic-loop";

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
  if (claimed.has(agent)) return agent;
  claimed.add(agent);
  for (const verb of ["resumeStream", "resumeGenerate"] as const) {
    const resume = (agent[verb] as Resume).bind(agent);
    const once: Resume = async (resumeData, options) => {
      await claim(agent, options?.runId ?? "", lapseMs);
      return resume(resumeData, options);
    };
    Object.defineProperty(agent, verb, { value: once, configurable: true, writable: true });
  }
  return agent;
}

async function claim(agent: MastraAgent, runId: string, lapseMs: number): Promise<void> {
  const workflows: unknown = await agent.getMastraInstance()?.getStorage()?.getStore("workflows");
  if (!(workflows instanceof StoreWorkflows))
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The agent "${agent.id}" has no storage that could keep a claim: give its Mastra instance one of mastraStorage.`,
    );
  const answer = await workflows.claim({ workflowName: LOOP, runId }, randomUUID(), lapseMs);
  if (answer === "taken")
    throw conflict(`Somebody else goes on with run ${runId} of the agent "${agent.id}".`);
  if (answer === "not-suspended")
    throw conflict(
      `Run ${runId} of the agent "${agent.id}" waits for nobody: it has gone on, or ended, or there is none.`,
    );
}

function conflict(message: string): StorageError {
  return new StorageError("CONFLICT", message);
}
