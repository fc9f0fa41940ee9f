import type { Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { ConflictError, DeletedError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { forgetListed, listPartition } from "../directory/partitions.ts";
import { noteOperationRecords } from "../maintenance/operation-records.ts";
import { doneIn, type Operation, operationKeys, operationWrites } from "../operation.ts";
import { encodeValue, type OpenRecord, type Snapshot } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { type Decision, transact } from "../transact.ts";
import type { MemoryResult, MemoryScope } from "./contract.ts";
import { eraseRoot } from "./erase.ts";
import { findPlace, makePlace, memoryListing, type Place } from "./place.ts";
import {
  decodeHead,
  decodeMemory,
  decodeOrdinal,
  decodeResult,
  KEPT_CHANGES,
  type MemoryHead,
  type MemoryKeys,
  memoryKeys,
  newHead,
  ordinalOf,
} from "./record.ts";

/** Memories of one scope: what a cold search has to read is bounded by it. */
const MAX_MEMORIES = 25_000;
/** Bytes of all texts and metadata of one scope. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What stood in a scope where a change begins. */
export interface Standing {
  readonly keys: MemoryKeys;
  readonly head: MemoryHead;
  /** The records of the memories that the call names, by id. */
  readonly records: ReadonlyMap<string, OpenRecord>;
}

/** What a change comes to. */
export interface Draft {
  readonly writes: readonly Write[];
  readonly ids: readonly string[];
  /** In the order of `ids`; 0 for what this write stores. */
  readonly revisions: readonly number[];
  readonly next: number;
  /** How the count and the bytes of the scope move. */
  readonly count: number;
  readonly bytes: number;
  /** Ordinals of memories that were there and are not as they were. */
  readonly touched: readonly number[];
}

/** One call that changes a scope's memories. */
export interface MemoryChange {
  /** The call's name, as it is apart from its place. */
  readonly operation: Operation | undefined;
  readonly ids: readonly string[];
  /** True for one that makes its thread where it is not there yet. */
  readonly makes: boolean;
  /** Decides from what stands there; called again after a conflict. Refuses before anything is written. */
  draft(standing: Standing): Promise<Draft>;
}

/** The change has happened, once for its operation id; all of it or nothing. */
export async function changeMemories(
  context: StoreContext,
  within: MemoryScope,
  change: MemoryChange,
): Promise<MemoryResult> {
  await context.ready();
  const now = context.now();
  const { kind, parts } = memoryListing(context, within);
  const partition = context.partition(kind, parts);
  let begun: Place | undefined;
  const result = await transact(partition, now, async () => {
    begun = undefined;
    const place = (await findPlace(context, within, now)) ?? (await begin(context, within, change));
    if (!place) {
      await refuseDeleted(context, within, now);
      const { ids, revisions } = await change.draft(nothing);
      return { answer: { ids, revisions, replayed: false } };
    }
    const decision = await decide(context, place, change, now);
    if ("writes" in decision && decision.revive) begun = place;
    return decision;
  });
  if (begun) await checkBeginning(context, begun, now);
  return result;
}

/** The place in a thread that is about to be made, once it is sure that what is to be written can be; `undefined` for a change that makes none. */
async function begin(
  context: StoreContext,
  within: MemoryScope,
  change: MemoryChange,
): Promise<Place | undefined> {
  if (!change.makes) return undefined;
  await change.draft(nothing);
  return makePlace(context, within, context.now());
}

/** What stands where no thread is. */
const nothing: Standing = { keys: memoryKeys(""), head: newHead(), records: new Map() };

/** A thread that is not there was either deleted, which a late writer must hear, or never made. */
export async function refuseDeleted(
  context: StoreContext,
  within: MemoryScope,
  now: number,
): Promise<void> {
  if (within.kind !== "thread") return;
  try {
    const check = { op: "check", key: LIFE, expect: "absent" } as const;
    await context.unwatched(within.threadId).write([check], now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

async function decide(
  context: StoreContext,
  place: Place,
  change: MemoryChange,
  now: number,
): Promise<Decision<MemoryResult>> {
  const { partition, root, listing } = place;
  const keys = memoryKeys(root);
  const { ids } = change;
  const operation = change.operation && { ...change.operation, key: root + change.operation.key };
  const named = operationKeys(operation);
  const snapshot = await partition.read([...named, keys.head, ...ids.map(keys.id)], now);
  const done = doneIn(snapshot, operation);
  if (done) return { answer: { ...decodeResult(done), replayed: true } };
  const standing = await standingIn(place, snapshot, ids, now);
  const draft = await change.draft(standing);
  const told = { ids: draft.ids, revisions: draft.revisions };
  if (draft.writes.length === 0 && operation === undefined)
    return { answer: { ...told, replayed: false } };
  const record = snapshot.get(keys.head);
  const writes = [
    ...operationWrites(operation, told, now, context.operationTtlMs),
    ...headWrites(standing, draft, record?.revision),
    ...draft.writes,
  ];
  partition.check(writes);
  if (operation !== undefined)
    await noteOperationRecords(context, partition, { prefix: keys.operations, writes }, now);
  if (!record) forgetListed(context, listing);
  await listPartition(context, listing, now);
  return {
    writes,
    revive: !record,
    landed: (revision) => ({ ...landedAt(draft, revision), replayed: false }),
  };
}

/** The first head of a scope, above everything that an erasure which is still going on has not freed yet. */
async function beginning(
  { partition, root }: Pick<Place, "partition" | "root">,
  now: number,
): Promise<MemoryHead> {
  const { memories } = memoryKeys(root);
  const range = { ...prefixRange(memories), reverse: true, limit: 1 };
  const [last] = (await partition.scan(range, now)).records;
  return newHead(last === undefined ? 1 : ordinalOf(last) + 1);
}

/** The memories that a call names, as they stand. The write compares the head, so what has moved since the first read is read again. */
async function standingIn(
  { partition, root }: Place,
  snapshot: Snapshot,
  ids: readonly string[],
  now: number,
): Promise<Standing> {
  const keys = memoryKeys(root);
  const head = decodeHead(snapshot.get(keys.head)) ?? (await beginning({ partition, root }, now));
  const wanted = new Map<string, string>();
  for (const id of ids) {
    const ordinal = decodeOrdinal(snapshot.get(keys.id(id)), head);
    if (ordinal !== undefined) wanted.set(keys.memory(ordinal), id);
  }
  const records = new Map<string, OpenRecord>();
  if (wanted.size > 0)
    for (const [key, record] of await partition.read([...wanted.keys()], now)) {
      const id = wanted.get(key);
      if (id !== undefined && decodeMemory(record).id === id) records.set(id, record);
    }
  return { keys, head, records };
}

/** The head after the draft, compared with what was seen; and the log of what was touched, of which the oldest entry goes. */
function headWrites(
  { keys, head }: Standing,
  { next, count, bytes, touched }: Draft,
  revision: number | undefined,
): readonly Write[] {
  const changes = head.changes + (touched.length > 0 ? 1 : 0);
  const after = { ...head, next, count: head.count + count, bytes: head.bytes + bytes, changes };
  if (count > 0 && after.count > MAX_MEMORIES)
    throw new StorageError("TOO_LARGE", `A scope holds at most ${MAX_MEMORIES} memories.`);
  if (bytes > 0 && after.bytes > MAX_BYTES)
    throw new StorageError("TOO_LARGE", `A scope's memories hold at most ${MAX_BYTES} bytes.`);
  const put: Write = {
    op: "put",
    key: keys.head,
    value: encodeValue(after),
    expect: revision ?? "absent",
  };
  if (touched.length === 0) return [put];
  const log: Write = {
    op: "put",
    key: keys.change(changes),
    value: encodeValue(touched),
    expect: "any",
  };
  if (changes <= KEPT_CHANGES) return [put, log];
  return [put, log, { op: "delete", key: keys.change(changes - KEPT_CHANGES), expect: "any" }];
}

function landedAt({ ids, revisions }: Draft, revision: number): Pick<Draft, "ids" | "revisions"> {
  return { ids, revisions: revisions.map((known) => known || revision) };
}

/**
 * The first write in a scope has nothing to be held to, so what came between is found out behind it. An erasure may have taken the scope out of the directory: it is listed
 * again. A thread may have been deleted: what was written is taken away. Nobody has seen it, since no life leads there.
 */
async function checkBeginning(context: StoreContext, place: Place, now: number): Promise<void> {
  const { within, partition, root, listing, life } = place;
  forgetListed(context, listing);
  await listPartition(context, listing, now);
  if (!life || (await findPlace(context, within, now))?.root === root) return;
  await eraseRoot(partition, root, now, () => true);
  throw new DeletedError("The thread was deleted; its memories are gone.");
}
