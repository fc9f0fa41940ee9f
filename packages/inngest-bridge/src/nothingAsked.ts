import { StorageError, type Store } from "@perdure/checkpoint-core";
import type { AgentInput, DurableAgent } from "./agent.ts";

/** What a run is asked for with. */
interface Brought {
  readonly prompt?: string | undefined;
  readonly messages?: AgentInput["messages"] | undefined;
  readonly options?: AgentInput["options"] | undefined;
}

/** The same, on which thread. */
interface Asked extends Brought {
  readonly threadId: string;
  readonly runId: string;
}

/**
 * Refuses, for an agent that needs a message, a run that brings none to a thread where nobody has said anything (`INVALID_ARGUMENT`): no prompt, messages, `context` or `instructions`, no history, and no
 * run whose message comes first. A run that is there already is not refused.
 */
export async function refuseNothing(
  { name, needsMessage = false }: Pick<DurableAgent, "name" | "needsMessage">,
  store: Store,
  { threadId, runId, prompt, messages, options }: Asked,
): Promise<void> {
  if (!needsMessage || bringsSome({ prompt, messages, options })) return;
  if ((await store.runs.get(runId)) || (await hasSome(store, threadId))) return;
  throw new StorageError(
    "INVALID_ARGUMENT",
    `The agent "${name}" was asked nothing: a run needs a prompt or messages where its thread has none.`,
  );
}

function bringsSome({ prompt, messages, options = {} }: Brought): boolean {
  const { context = [], instructions } = options;
  return (prompt ?? messages ?? instructions) !== undefined || context.length > 0;
}

/** Somebody has said something, or a run has the thread that is about to. */
async function hasSome(store: Store, threadId: string): Promise<boolean> {
  if ((await store.history.count(threadId)) > 0) return true;
  return (await store.runs.holding(threadId)) !== undefined;
}
