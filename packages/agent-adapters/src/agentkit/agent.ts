import { Agent, Network } from "@inngest/agent-kit";
import { IncompatibleError, type InputCheck, StorageError } from "@perdure/checkpoint-core";
import type {
  AgentContext,
  AgentInput,
  AgentOutcome,
  DurableAgent,
} from "@perdure/inngest-bridge/agent";
import { readPosition } from "../run/position.ts";
import { bodySteps } from "./body.ts";
import { conversation } from "./conversation.ts";
import { AGENTKIT, type KitAgent, type KitNetwork, type KitTool } from "./kit.ts";
import { networkInRun } from "./network.ts";
import type { AgentKitOptions, KitParts } from "./options.ts";
import { withSteps } from "./place.ts";
import type { KitPosition } from "./position.ts";
import { insideRun, KitRun } from "./run.ts";
import { complete } from "./settle.ts";

const OPTIONS: ReadonlySet<string> = new Set<keyof AgentKitOptions>([
  "name",
  "data",
  "response",
  "maxIter",
  "infer",
  "historyLimit",
  "price",
]);

/**
 * A network of AgentKit, or an agent that works alone, as a `DurableAgent`. AgentKit's own loop goes through the run, routers too; each model call, each call of a tool and each decision of a router is a
 * step, stored once. The thread's history and its `state.data` are the run's: the `history` of the network and its agents is not called.
 *
 * Unknown options are refused, and what is neither (`INVALID_ARGUMENT`).
 */
export function agentKitAgent(given: object, options: AgentKitOptions = {}): DurableAgent {
  const parts = partsOf(given, options);
  const { name } = parts;
  const position = (state: unknown): KitPosition =>
    readPosition(
      { of: AGENTKIT, agent: name, hasTool: (tool) => toolsOf(parts, tool).length > 0 },
      state,
    ) as KitPosition;
  return {
    name,
    needsMessage: true,
    check(state) {
      position(state);
    },
    checkInput: (tool, input) => checkInput(parts, tool, input),
    run: async (asked, context) => proceed(new KitRun(context, parts), asked),
    async resume(state, decisions, context) {
      const run = new KitRun(context, parts, { position: position(state), decisions });
      return proceed(run, await inputOf(context));
    },
  };
}

/** Whether it is an agent or a network of AgentKit, as it is. */
export function isAgentKit(value: unknown): value is KitAgent | KitNetwork {
  return value instanceof Agent || value instanceof Network;
}

function partsOf(given: unknown, options: AgentKitOptions): KitParts {
  if (!isAgentKit(given))
    throw invalid("agentKitAgent needs a network or an agent of @inngest/agent-kit.");
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) throw invalid(`agentKitAgent has no option "${unknown}".`);
  const isNetwork = given instanceof Network;
  return {
    ...options,
    name: options.name ?? given.name,
    network: isNetwork ? given : undefined,
    agent: isNetwork ? undefined : given,
    seen: new Map(),
  };
}

/** Options of a run that AgentKit has nothing for. */
const UNKNOWN = [
  "instructions",
  "modelSettings",
  "toolChoice",
  "tools",
  "clientTools",
  "toolCallConcurrency",
] as const;

/** AgentKit's own loop, from the run's first turn on, until it ends or a person is needed. */
async function proceed(run: KitRun, asked: AgentInput): Promise<AgentOutcome> {
  const { options } = run.context;
  const unknown = UNKNOWN.find((name) => options[name] !== undefined);
  if (unknown !== undefined) throw invalid(`A run of AgentKit has nothing for ${unknown}.`);
  const { input, state } = await conversation(run, asked);
  const work = async (): Promise<AgentOutcome> => {
    const ended = await networkInRun(run).run(input, { state });
    run.ledger.check();
    return complete(run, ended);
  };
  const body = async (): Promise<AgentOutcome> =>
    withSteps(bodySteps(run), async () => Promise.race([work(), run.stopped]));
  try {
    return await insideRun(run, body);
  } catch (error) {
    return failed(run, error);
  }
}

/** What has ended the pass, as it is; what AgentKit or a router threw, out of a step, so that the run is recorded as failed wherever it works. */
async function failed({ ledger }: KitRun, error: unknown): Promise<never> {
  ledger.check();
  await ledger.step({ id: "failed", name: "failed" }, async () => {
    throw error;
  });
  throw error;
}

/** What the run was asked, as it is stored with it. */
async function inputOf({ store, runId }: AgentContext): Promise<AgentInput> {
  const run = await store.runs.get(runId);
  if (!run) throw new IncompatibleError(`The run ${runId} is gone.`);
  return run.input ?? {};
}

/** The tools of that name, of whatever agent that is known. */
function toolsOf({ network, agent, seen }: KitParts, name: string): readonly KitTool[] {
  const agents = [...(network?.agents.values() ?? []), ...(agent ? [agent] : []), ...seen.values()];
  return agents.flatMap(({ tools }) => tools.get(name) ?? []);
}

async function checkInput(parts: KitParts, name: string, input: unknown): Promise<InputCheck> {
  const [tool] = toolsOf(parts, name);
  const checked = await tool?.parameters?.safeParseAsync(input);
  if (!checked || checked.success) return { ok: true, input };
  return { ok: false, problem: checked.error.message };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
