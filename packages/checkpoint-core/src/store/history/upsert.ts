import type { Write } from "../../backend/contract.ts";
import { type NamedEntry, nameEntries, refuseOwnId } from "./append.ts";
import type { AppendResult } from "./contract.ts";
import { findEntries } from "./find.ts";
import { cursorOf } from "./record.ts";
import { placeWrites, type Rewrite, rewriting, textsOf } from "./rewriting.ts";

/** Each entry stands where the one of its id stood, or at the end; see `HistoryStore.upsert`. */
export async function upsertEntries(
  rewrite: Rewrite,
  entries: readonly NamedEntry[],
): Promise<AppendResult> {
  const named = textsOf(nameEntries(entries, undefined, "upsert"));
  const ids = named.map(({ id }) => id);
  return rewriting(rewrite, "upsert", named, async ({ partition, snapshot, seen, now }) => {
    const found = await findEntries(partition, snapshot, ids, seen.head, now);
    let { next } = seen.head;
    const cursors: string[] = [];
    const writes: Write[] = [];
    for (const entry of named) {
      const before = found.get(entry.id);
      if (!before) refuseOwnId(entry);
      const cursor = before?.cursor ?? cursorOf(next);
      if (!before) next += 1;
      cursors.push(cursor);
      const createdAt = before?.createdAt ?? now;
      writes.push(...placeWrites(entry, cursor, { before: before?.cursor, createdAt }));
    }
    const count = seen.head.count + next - seen.head.next;
    const head = { ...seen.head, next, count, at: now, epoch: seen.head.epoch + 1 };
    return { head, writes, ids, cursors };
  });
}
