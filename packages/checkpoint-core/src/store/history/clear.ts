import { freeHidden, noteHidden } from "./hide.ts";
import { type Rewrite, rewriting } from "./rewriting.ts";

/** No entry is left; see `HistoryStore.clear`. The head hides them all in one write; then they are deleted in bounded ones. */
export async function clearEntries(rewrite: Rewrite): Promise<void> {
  const { context, threadId } = rewrite;
  await rewriting(rewrite, "clear", [], async ({ seen: { head }, now }) => {
    if (head.count > 0) await noteHidden(context, threadId, now);
    return {
      head: { ...head, count: 0, from: head.next, holes: [], at: now, epoch: head.epoch + 1 },
      writes: [],
      ids: [],
      cursors: [],
    };
  });
  await freeHidden(context, threadId);
}
