import { StorageError } from "@perdure/checkpoint-core";
import type { MastraAgent } from "./contract.ts";

/** Methods of an agent of Mastra's that work on a run of Mastra's own, beside every run of the bridge, and what there is instead. */
const BESIDE_RUNS: ReadonlyMap<string | symbol, string> = new Map([
  ...named(["generateLegacy"], "`generate`"),
  ...named(["streamLegacy", "streamUntilIdle"], "`stream`"),
  ...named(["resumeStream", "resumeGenerate", "resumeStreamUntilIdle"], "`resume(runId, …)`"),
  ...named(
    ["approveToolCall", "approveToolCallGenerate", "sendToolApproval", "sendStreamResume"],
    "`approve`",
  ),
  ...named(["declineToolCall", "declineToolCallGenerate"], "`deny`"),
  ...named(
    ["network", "resumeNetwork", "approveNetworkToolCall", "declineNetworkToolCall"],
    "an agent with other agents as its tools",
  ),
  ...named(["sendMessage", "queueMessage"], "`start`, which queues behind the run that works"),
  ...named(["cancelQueuedMessages", "abortThreadStream", "abortRunStream"], "`cancel(runId)`"),
  ...named(
    ["subscribeToThread", "subscribeThreadEvents", "claimThreadOwnership"],
    "`observe(runId)`",
  ),
  ...named(
    ["listActiveRuns", "listSuspendedRuns", "listActiveThreadRuns", "getActiveThreadRunId"],
    "`runs.list` and `status`",
  ),
  ...named(
    ["sendSignal", "sendStateSignal", "sendNotificationSignal", "discoverThreadPeers"],
    "nothing: a run hears of people's decisions alone",
  ),
]);

function named(methods: readonly string[], instead: string): (readonly [string, string])[] {
  return methods.map((method) => [method, instead] as const);
}

/**
 * Mastra asks an agent that it lists for more than a run needs (`listTools`, `__setLogger`): the agent itself answers that. What would work on a run of its own throws `INVALID_ARGUMENT` and says
 * what there is instead: nothing of it would be kept.
 */
export function forwarding<T extends object>(made: T, agent: MastraAgent): T {
  const answers = new Proxy(Object.prototype, {
    get(_, key) {
      const instead = BESIDE_RUNS.get(key);
      const value: unknown = Reflect.get(agent, key, agent);
      if (typeof value !== "function") return value;
      return instead === undefined ? (value.bind(agent) as unknown) : refusing(key, instead);
    },
    has: (_, key) => Reflect.has(agent, key),
  });
  return Object.setPrototypeOf(made, answers) as T;
}

function refusing(method: string | symbol, instead: string): () => never {
  return () => {
    throw new StorageError(
      "INVALID_ARGUMENT",
      `"${String(method)}" of Mastra's agent works beside the runs that are kept; here there is ${instead}.`,
    );
  };
}
