import { type Rewrite, rewriting } from "./rewriting.ts";
import { sweepHidden } from "./sweep.ts";

/** No entry is left; see `HistoryStore.clear`. The head hides them all in one write; then they are deleted in bounded ones. */
export async function clearEntries(rewrite: Rewrite): Promise<void> {
  await rewriting(rewrite, "clear", [], async ({ seen: { head }, now }) => ({
    head: { ...head, count: 0, from: head.next, holes: [], at: now, epoch: head.epoch + 1 },
    writes: [],
    ids: [],
    cursors: [],
  }));
  const { context, threadId } = rewrite;
  await sweepHidden(context.thread(threadId), context.now(), context.operationTtlMs);
}
