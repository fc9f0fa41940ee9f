import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import type { Partition } from "../partition.ts";
import { LIFE } from "../threads/life.ts";
import { transact } from "../transact.ts";
import {
  cursorOf,
  decodeCursor,
  decodeEntry,
  decodeHead,
  ENTRIES,
  entryKey,
  HEAD,
  idKey,
} from "./record.ts";

/** Entries freed in one write: each is two records. */
const BATCH = 40;

/**
 * Frees the entries that a clear hid, and the ids that still mean them. An id that was used again since is left alone, and so is a life that began since. Safe
 * anywhere, any time.
 */
export async function sweepHidden(partition: Partition, now: number): Promise<void> {
  for (;;) {
    const left = await transact(partition, now, async () => {
      const first = await partition.read([LIFE, HEAD], now);
      const life = first.get(LIFE);
      if (life === undefined) return { answer: 0 };
      const head = decodeHead(first.get(HEAD));
      const lowest = cursorOf(head.from);
      const range = { from: prefixRange(ENTRIES).from, to: entryKey(lowest), limit: BATCH };
      const { records } = await partition.scan(range, now);
      if (records.length === 0) return { answer: 0 };
      const ids = records.map((record) => idKey(decodeEntry(record).id));
      const found = await partition.read(ids, now);
      const writes: Write[] = [{ op: "check", key: LIFE, expect: life.revision }];
      for (const record of found.values())
        if (decodeCursor(record) < lowest)
          writes.push({ op: "delete", key: record.key, expect: record.revision });
      for (const { key, revision } of records) writes.push({ op: "delete", key, expect: revision });
      return { writes, landed: () => records.length };
    });
    if (left === 0) return;
  }
}
