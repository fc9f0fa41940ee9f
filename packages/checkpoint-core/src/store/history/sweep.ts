import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { withHead } from "../beginning.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import { headOf } from "./find.ts";
import { FORGET_WRITES, forgetIds } from "./forget.ts";
import {
  cursorOf,
  decodeHead,
  encodeHead,
  ENTRIES,
  type EntryHead,
  entryKey,
  HEAD,
  type HistoryHead,
  type Hole,
} from "./record.ts";

/** Entries freed in one write: enough to be quick, few enough to keep the values of a page small. */
const BATCH = 100;
/** The record that stands in a thread while a history is copied into it: what lies below its `from` is being written then, and is nothing to free. */
export const COPYING = "fork";
/** The checks of the life and of a copy. */
const OTHER_WRITES = 2;

/**
 * Frees the entries that a clear or a replacement hid, and the ids that still mean them. An id that was used again since is left alone, and so is a life that began
 * since. Safe anywhere, any time; what is cut short is finished by the next one. `hasTime` ends it early: true is answered when nothing is left.
 */
export async function sweepHidden(
  partition: Partition,
  now: number,
  operationTtlMs: number,
  hasTime: () => boolean = () => true,
): Promise<boolean> {
  const { maxWrites } = partition.backend.limits;
  const batch = Math.min(BATCH, Math.floor((maxWrites - OTHER_WRITES) / (1 + FORGET_WRITES)));
  const sweep = { partition, now, operationTtlMs, batch };
  while (hasTime()) if (!(await transact(partition, now, () => sweepOnce(sweep)))) return true;
  return false;
}

interface Sweep {
  readonly partition: Partition;
  readonly now: number;
  readonly operationTtlMs: number;
  readonly batch: number;
}

/** One batch; answers whether there was anything to do. */
async function sweepOnce(sweep: Sweep): Promise<Decision<boolean>> {
  const { partition, now, batch } = sweep;
  const first = await partition.read([LIFE, HEAD, COPYING], now);
  const life = first.get(LIFE);
  const record = first.get(HEAD);
  if (life === undefined || record === undefined || first.has(COPYING)) return { answer: false };
  const head = decodeHead(record);
  const checks: readonly Write[] = [
    { op: "check", key: LIFE, expect: life.revision },
    { op: "check", key: COPYING, expect: "absent" },
  ];
  const gone = { from: prefixRange(ENTRIES).from, to: entryKey(cursorOf(head.from)) };
  for (const hole of head.from === 0 ? head.holes : [undefined, ...head.holes]) {
    const bounds = hole ? { from: entryKey(hole.from), to: entryKey(`${hole.to}!`) } : gone;
    const { records } = await partition.scan({ ...bounds, limit: batch }, now, {
      partial: true,
    });
    if (records.length > 0)
      return { writes: [...checks, ...(await free(sweep, records))], landed: () => true };
    if (hole) return { writes: [...checks, closed(head, record, hole)], landed: () => true };
  }
  return { answer: false };
}

async function free(
  { partition, now, operationTtlMs }: Sweep,
  records: readonly OpenRecord[],
): Promise<readonly Write[]> {
  const entries: EntryHead[] = [];
  for (const record of records) {
    const whole = await withHead(partition, record, now);
    const entry = whole && headOf(whole);
    if (entry) entries.push(entry);
  }
  return [
    ...(await forgetIds(partition, entries, now, operationTtlMs)),
    ...records.map(({ key, revision }): Write => ({ op: "delete", key, expect: revision })),
  ];
}

/** The head without a hole in which nothing is stored any more: readers see no difference. */
function closed(head: HistoryHead, { revision }: OpenRecord, hole: Hole): Write {
  const holes = head.holes.filter((other) => other !== hole);
  return { op: "put", key: HEAD, value: encodeHead({ ...head, holes }), expect: revision };
}
