import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { DeletedError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { OPERATIONS } from "../operation.ts";
import type { Partition } from "../partition.ts";
import { lands } from "../transact.ts";
import type { Task } from "./task.ts";
import { dueAfter, noteWork } from "./work.ts";

/** The kind of a note that a partition holds records of operations. */
const KIND = "operation-records";
const DAY = 24 * 60 * 60 * 1000;
/** The first instant that a key has no room for. */
const FURTHEST = 1e16;
/** All records, whenever they expired: a scan for an instant before any of ours shows also those that count as absent now. */
const BEFORE_ALL = 0;
/** Records of one page, and so of one write: engines take at least 100. */
const PAGE = 90;

/** Where records of operations stand. */
interface Place {
  readonly partition: string;
  readonly prefix: string;
}

/** What is about to be written to a partition that is no thread: a stream, memories, the directory. A thread is visited for as long as it lives, and needs none of this. */
export interface NamedWrite {
  /** What the keys of its operation records begin with; `o/` when not given. */
  readonly prefix?: string;
  /** The write: refused before anything is noted where the engine cannot take it. */
  readonly writes: readonly Write[];
}

/**
 * The records of operations that this process writes to the partition within a day are freed when the last of them has expired. Called before each such write: one note a day, partition
 * and process.
 */
export async function noteOperationRecords(
  context: StoreContext,
  partition: Partition,
  { prefix = OPERATIONS, writes }: NamedWrite,
  now: number,
): Promise<void> {
  const place: Place = { partition: partition.name, prefix };
  const subject = `${partition.name} ${prefix}`;
  const entry = `${KIND} ${subject}`;
  const dueAt = dueAfter(now + DAY + context.operationTtlMs, DAY);
  if (dueAt >= FURTHEST || context.known.since(entry, now, DAY)) return;
  partition.check(writes);
  await noteWork(context, { kind: KIND, subject, detail: place }, dueAt, now);
  context.known.add(entry, now);
}

/** Frees the records of operations that have expired in a partition that was noted. Those that have not are another note's. */
export const operationRecordsTask: Task = {
  kind: KIND,
  async run(context, { detail }, hasTime) {
    const { partition, prefix } = detail as Place;
    try {
      return (await freeIn(context, context.named(partition), prefix, hasTime)) ? "done" : "again";
    } catch (error) {
      // Dropped with all that it held.
      if (error instanceof DeletedError) return "done";
      throw error;
    }
  },
};

async function freeIn(
  { now: clock }: StoreContext,
  partition: Partition,
  prefix: string,
  hasTime: () => boolean,
): Promise<boolean> {
  const now = clock();
  const range = prefixRange(prefix);
  for (let from: string | undefined = range.from; from !== undefined; ) {
    if (!hasTime()) return false;
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to: range.to, limit: PAGE },
      BEFORE_ALL,
      { partial: true },
    );
    const expired = page.records.filter(({ expiresAt = Infinity }) => expiresAt <= now);
    // An expired record counts as absent; deleting it takes it out of the engine too. Where one was written again meanwhile the page is read again.
    const deletes = expired.map(({ key }): Write => ({ op: "delete", key, expect: "absent" }));
    if (deletes.length === 0 || (await lands({ partition, now }, deletes))) from = page.next;
  }
  return true;
}
