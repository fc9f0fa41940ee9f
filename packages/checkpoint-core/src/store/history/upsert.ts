import type { Write } from "../../backend/contract.ts";
import { ConflictError } from "../../errors.ts";
import { checkWhole } from "../operation.ts";
import { nameEntries, refuseOwnId } from "./append.ts";
import type { AppendResult, UpsertEntry } from "./contract.ts";
import { findEntries, type FoundEntry } from "./find.ts";
import { cursorOf, idKey } from "./record.ts";
import { placeWrites, type Rewrite, rewriting, textsOf } from "./rewriting.ts";

/** Each entry stands where the one of its id stood, or at the end; see `HistoryStore.upsert`. */
export async function upsertEntries(
  rewrite: Rewrite,
  entries: readonly UpsertEntry[],
): Promise<AppendResult> {
  const named = textsOf(nameEntries(entries, undefined, "upsert"));
  const ids = named.map(({ id }) => id);
  const expected = expectedOf(entries);
  const asked = expected.size > 0 ? { expected: [...expected] } : {};
  const held = { ...rewrite, asked };
  return rewriting(held, "upsert", named, async ({ partition, snapshot, seen, now }) => {
    const found = await findEntries(partition, snapshot, ids, seen.head, now);
    for (const [id, revision] of expected) refuseOther(id, revision, found.get(id));
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

/** What the caller saw under the ids of which it says so. */
function expectedOf(entries: readonly UpsertEntry[]): ReadonlyMap<string, number | null> {
  const expected = new Map<string, number | null>();
  for (const { id, expectedRevision } of entries) {
    if (expectedRevision === undefined) continue;
    if (expectedRevision !== null) checkWhole("expectedRevision", expectedRevision, 1);
    expected.set(id, expectedRevision);
  }
  return expected;
}

/** Refuses to overwrite what the caller has not seen. */
function refuseOther(id: string, expected: number | null, found: FoundEntry | undefined): void {
  const revision = found?.record.revision ?? null;
  if (revision === expected) return;
  const what = revision === null ? "is gone" : "was written by somebody else meanwhile";
  throw new ConflictError(`The entry "${id}" ${what}; nothing was written.`, { key: idKey(id) });
}
