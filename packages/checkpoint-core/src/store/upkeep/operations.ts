import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import type { StoreContext } from "../context.ts";
import { encodeValue, type OpenRecord, type Partition, type Snapshot } from "../partition.ts";
import { decodeRun, isFinal } from "../runs/record.ts";
import { LIFE } from "../life/life.ts";
import type { Task } from "../maintenance/task.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { lands } from "../transact.ts";

/** The kind of the note that a thread has for as long as it lives: its old records are freed from time to time. */
const OPERATIONS = "operations";

/**
 * Says when the thread was last visited, by its revision: what is older than this record has stood for as long as operations are kept.
 */
const VISITED = "visited";
/** All records, whenever they expired: a scan for an instant before any of ours shows also those that count as absent now. */
const BEFORE_ALL = 0;
/** Records of one page, and so of one write. */
const PAGE = 100;

/**
 * Frees the records of operations that have expired, and the answers and results of runs that have been final for as long as operations are kept. While the thread lives,
 * the work is noted again: nothing that a thread does later needs a note of its own.
 */
export const operationsTask: Task = {
  kind: OPERATIONS,
  async run(context, { subject }, hasTime) {
    const partition = context.unwatched(subject);
    const now = context.now();
    const snapshot = await partition.read([LIFE, VISITED], now);
    const life = snapshot.get(LIFE);
    if (!life) return "done";
    const reader: Visit = { partition, life: life.revision, now, hasTime };
    const freed =
      (await freeExpired(reader)) && (await freeFinal(reader, snapshot.get(VISITED), context));
    if (!freed) return "again";
    await noteVisit(context, subject, now);
    return "done";
  },
};

/** The next visit is noted: one operation lifetime from now. */
export async function noteVisit(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  const dueAt = dueAfter(now + context.operationTtlMs);
  await noteWork(context, { kind: OPERATIONS, subject: threadId }, dueAt, now);
}

interface Visit {
  readonly partition: Partition;
  readonly life: number;
  readonly now: number;
  readonly hasTime: () => boolean;
}

/** An expired record counts as absent; deleting it takes it out of the engine too. One that was written again meanwhile is not absent. */
async function freeExpired(visit: Visit): Promise<boolean> {
  return eachPage(visit, "o/", BEFORE_ALL, (records) => {
    const expired = records.filter(({ expiresAt = Infinity }) => expiresAt <= visit.now);
    return Promise.resolve(
      expired.map(({ key }): Write => ({ op: "delete", key, expect: "absent" })),
    );
  });
}

/** Frees what runs have kept that were final at the last visit, and marks this one. */
async function freeFinal(
  visit: Visit,
  visited: OpenRecord | undefined,
  { operationTtlMs }: StoreContext,
): Promise<boolean> {
  const { now } = visit;
  const at = (visited?.value() as { readonly at: number } | undefined)?.at ?? -Infinity;
  // A visit out of turn, or by a clock that lags, frees nothing and leaves the mark.
  if (now - at < operationTtlMs) return true;
  if (visited && !(await freeKept(visit, visited.revision))) return false;
  const expect = visited?.revision ?? "absent";
  const mark: Write = { op: "put", key: VISITED, value: encodeValue({ at: now }), expect };
  return lands(visit, [lifeHeld(visit), mark]);
}

/** Frees the answers and results of runs that were final before a revision. */
async function freeKept(visit: Visit, before: number): Promise<boolean> {
  for (const prefix of ["answer/", "result/"]) {
    const freed = await eachPage(visit, prefix, visit.now, (records) =>
      kept(visit, records, before),
    );
    if (!freed) return false;
  }
  return true;
}

/** Deletions of the records whose runs were final before a revision, each run held as it is. */
async function kept(
  { partition, now }: Visit,
  records: readonly OpenRecord[],
  before: number,
): Promise<readonly Write[]> {
  const keys = [...new Set(records.map(({ key }) => runKeyOf(key)))];
  const runs: Snapshot = await partition.read(keys, now);
  const old = [...runs.values()].filter(
    (run) => run.revision < before && isFinal(decodeRun(run).record.status),
  );
  const ended = new Set(old.map(({ key }) => key));
  const freed = records.filter(({ key }) => ended.has(runKeyOf(key)));
  if (freed.length === 0) return [];
  return freed.map(({ key, revision }): Write => ({ op: "delete", key, expect: revision }));
}

/** The run's record, from the key of one of its answers or results. */
function runKeyOf(key: string): string {
  return `run/${key.split("/", 2)[1] ?? ""}`;
}

/** Works through all records of a prefix, a page and a write at a time; false when time ran out. What conflicts stays for the next visit. */
async function eachPage(
  visit: Visit,
  prefix: string,
  asOf: number,
  writesFor: (records: readonly OpenRecord[]) => Promise<readonly Write[]>,
): Promise<boolean> {
  const { partition, hasTime } = visit;
  const limit = Math.min(PAGE, partition.backend.limits.maxWrites - 1);
  const range = prefixRange(prefix);
  for (let from: string | undefined = range.from; from !== undefined; ) {
    if (!hasTime()) return false;
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to: range.to, limit },
      asOf,
    );
    const writes = await writesFor(page.records);
    if (writes.length > 0) await lands(visit, [lifeHeld(visit), ...writes]);
    from = page.next;
  }
  return true;
}

function lifeHeld({ life }: Visit): Write {
  return { op: "check", key: LIFE, expect: life };
}
