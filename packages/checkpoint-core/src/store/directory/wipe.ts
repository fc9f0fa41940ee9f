import type { Write } from "../../backend/contract.ts";
import type { Partition } from "../partition.ts";
import { lands } from "../transact.ts";

/** Records deleted in one write: engines take at least 100. */
const PAGE = 90;

/** The records of a range that no write after the revision `upTo` has put are gone, page by page, and no tombstone is left. False where time ran out. */
export async function wipe(
  partition: Partition,
  { upTo = Infinity, ...range }: { readonly from: string; readonly to: string; upTo?: number },
  now: number,
  hasTime: () => boolean,
): Promise<boolean> {
  for (let from: string | undefined = range.from; from !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to: range.to, limit: PAGE },
      now,
    );
    const deletes = page.records
      .filter(({ revision }) => revision <= upTo)
      .map(({ key, revision }): Write => ({ op: "delete", key, expect: revision }));
    // A record that was written again since it was read is read again.
    if (deletes.length === 0 || (await lands({ partition, now }, deletes))) from = page.next;
    if (from !== undefined && !hasTime()) return false;
  }
  return true;
}
