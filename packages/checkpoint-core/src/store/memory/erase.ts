import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";
import { decodeHead, type MemoryHead, memoryKeys, ordinalOf } from "./record.ts";

/** Records of one page, and of one freeing write: engines take at least 100. */
const PAGE = 90;
/**
 * No memory that was behind the root is there, and no record: no tombstone is left. They are gone as of one write, then freed page by page; what others write meanwhile
 * stays. `false` when the time ran out before all was freed: calling it again goes on.
 */
export async function eraseRoot(
  partition: Partition,
  root: string,
  now: number,
  hasTime: () => boolean,
): Promise<boolean> {
  const cleared = await clear(partition, root, now);
  if (cleared === "nothing") return true;
  const keys = memoryKeys(root);
  const groups = [keys.memories, keys.ids, keys.changes, keys.vectors, keys.operations];
  for (const group of groups)
    while (true) {
      const freed = await freeSome(partition, group, isDead(group === keys.vectors, cleared), now);
      if (freed === "done") break;
      if (!hasTime()) return false;
    }
  if (cleared.head) await quietly(partition, [drop(keys.head, cleared.revision)], now);
  return true;
}

interface Cleared {
  /** None where an erasure that was cut short had left records without one. */
  readonly head?: MemoryHead;
  /** The revision of the write that cleared. */
  readonly revision: number;
}

/** All memories are gone as of this write. What is written behind it counts, also where there was no head. */
async function clear(
  partition: Partition,
  root: string,
  now: number,
): Promise<Cleared | "nothing"> {
  const { head: key } = memoryKeys(root);
  while (true) {
    const record = (await partition.read([key], now)).get(key);
    const head = decodeHead(record);
    if (!record || !head) {
      if (await isEmpty(partition, root, now)) return "nothing";
      const without = await quietly(partition, [{ op: "delete", key, expect: "absent" }], now);
      if (without) return without;
      continue;
    }
    const cleared = { ...head, from: head.next, count: 0, bytes: 0 };
    const put: Write = { op: "put", key, value: encodeValue(cleared), expect: record.revision };
    const written = await quietly(partition, [put], now);
    if (written) return { head: cleared, revision: written.revision };
  }
}

async function isEmpty(partition: Partition, root: string, now: number): Promise<boolean> {
  const { from, to } = prefixRange(root);
  for (let next: string | undefined = from; next !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from: next, to, limit: 1 },
      now,
    );
    if (page.records.length > 0) return false;
    next = page.next;
  }
  return true;
}

/** What the clearing left without use. A vector may have been written behind it, for a memory that was gone. */
function isDead(isVector: boolean, { head, revision }: Cleared): (record: OpenRecord) => boolean {
  return (record) =>
    record.revision <= revision ||
    (isVector && head !== undefined && ordinalOf(record) < head.from);
}

/** Frees the dead records of a group up to one write's worth; `"done"` when there is none. */
async function freeSome(
  partition: Partition,
  prefix: string,
  dead: (record: OpenRecord) => boolean,
  now: number,
): Promise<"done" | "more"> {
  const { to } = prefixRange(prefix);
  for (let from: string | undefined = prefix; from !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to, limit: PAGE },
      now,
    );
    const found = page.records.filter(dead);
    if (found.length > 0) {
      const drops = found.map(({ key, revision }) => drop(key, revision));
      await quietly(partition, drops, now);
      return "more";
    }
    from = page.next;
  }
  return "done";
}

function drop(key: string, revision: number): Write {
  return { op: "delete", key, expect: revision };
}

/** The write, or `undefined` where another one came before it. */
async function quietly(
  partition: Partition,
  writes: readonly Write[],
  now: number,
): Promise<{ readonly revision: number } | undefined> {
  try {
    return await partition.write(writes, now);
  } catch (error) {
    if (error instanceof ConflictError) return undefined;
    throw error;
  }
}
