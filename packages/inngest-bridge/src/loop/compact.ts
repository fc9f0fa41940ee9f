import type { HistoryEntry, Message } from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { Thrown } from "../steps/failure.ts";
import type { Compaction } from "./contract.ts";

/**
 * Puts a summary in the place of the older part of a long history, in a step before the run's first model call. What is put together ends ahead of a user's message, so no call loses its result. The
 * history is replaced at one instant, under the run's lease.
 */
export async function compact(compaction: Compaction, context: AgentContext): Promise<void> {
  const { above, keep } = compaction;
  const { store, lease, threadId, runId } = context;
  await context.step({ id: "compact" }, async (held) => {
    if ((await store.history.count(threadId)) <= above) return { replaced: 0 };
    const entries = await store.history.read<Message>(threadId);
    const old = olderPart(entries, keep);
    const [first, last] = [old[0], old.at(-1)];
    if (!first || !last) return { replaced: 0 };
    const summary = await summed(async () =>
      compaction.summarize(
        old.map(({ value }) => value),
        { threadId, runId, signal: held.signal },
      ),
    );
    const entry = { id: `summary:${runId}`, value: { role: "system", content: summary } };
    await store.history.replace(threadId, { from: first.cursor, to: last.cursor }, [entry], {
      expected: old.length,
      lease,
      operationId: held.operationId(),
    });
    return { replaced: old.length };
  });
}

/** What is older than the last messages that stay: up to the last user's message that leaves that many. One message alone is not worth it. */
function olderPart(
  entries: readonly HistoryEntry<Message>[],
  keep: number,
): readonly HistoryEntry<Message>[] {
  const end = entries.slice(0, Math.max(0, entries.length - keep + 1)).findLastIndex(isUser);
  return end > 1 ? entries.slice(0, end) : [];
}

function isUser({ value }: HistoryEntry<Message>): boolean {
  return value.role === "user";
}

async function summed(summarize: () => string | Promise<string>): Promise<string> {
  try {
    const summary = await summarize();
    if (typeof summary === "string" && summary !== "") return summary;
    throw new TypeError("summarize gave no text.");
  } catch (error) {
    throw new Thrown("model", error);
  }
}
