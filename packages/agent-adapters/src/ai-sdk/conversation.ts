import type { ModelMessage, ToolSet } from "ai";
import { untilIn } from "./answer.ts";
import { modelMessagesOf } from "./messages.ts";
import type { AiRun } from "./run.ts";

/**
 * What the run's first turn was told, in every pass the same: the history up to where it stood when that turn's answer was stored. What the run itself has said since comes
 * from the loop.
 */
export async function conversation(
  run: AiRun,
  tools: ToolSet,
  historyLimit: number | undefined,
): Promise<ModelMessage[]> {
  const { store, threadId, lease, options } = run.context;
  const { answer } = await store.runs.look(lease, { turn: 1 });
  const ahead = options.context ?? [];
  const until = answer && untilIn(answer);
  if (answer && until === undefined) return modelMessagesOf(ahead, tools);
  const entries = await store.history.read(threadId, {
    ...(until === undefined ? {} : { upTo: until }),
    ...(historyLimit === undefined ? {} : { limit: historyLimit }),
  });
  run.until = until ?? entries.at(-1)?.cursor;
  const values = entries.map(({ value }) => value);
  const told = historyLimit === undefined ? values : fromUser(values);
  return modelMessagesOf([...ahead, ...told], tools);
}

/** From a user message on: a cut inside of a turn would leave results that no call is there for. */
function fromUser(values: readonly unknown[]): readonly unknown[] {
  const first = values.findIndex((value) => (value as { readonly role?: unknown }).role === "user");
  return first === -1 ? values : values.slice(first);
}
