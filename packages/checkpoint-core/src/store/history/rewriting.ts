import type { Write } from "../../backend/contract.ts";
import { decodeText, encodeText } from "../../codec/text.ts";
import { ConflictError } from "../../errors.ts";
import { checkLease } from "../lease/check.ts";
import type { StoreContext } from "../context.ts";
import type { Lease } from "../lease/lease.ts";
import {
  checkId,
  doneIn,
  operationKeys,
  operationOf,
  type OperationOptions,
  operationWrites,
} from "../operation.ts";
import { encodeValue, type Partition, type Snapshot } from "../partition.ts";
import { digestsOf } from "../payload.ts";
import { readMany } from "../chunks.ts";
import { heldLease, pulseWrite, sameLife } from "../lease/standing.ts";
import { LEASE, LIFE, lifeIn } from "../life/life.ts";
import { type Decision, type Plan, transact } from "../transact.ts";
import { draftSeen, headWrites, type NamedEntry, orAnswer, unseen } from "./append.ts";
import type { CachedHead, HeadCache } from "./cache.ts";
import type { AppendResult } from "./contract.ts";
import { whereKeys } from "./find.ts";
import { decodeResult, entryKey, HEAD, type HistoryHead, idKey, sealEntry } from "./record.ts";
import { requireRoom } from "./room.ts";

/** What the verbs that change written entries work with. */
export interface Rewrite extends OperationOptions {
  readonly context: StoreContext;
  readonly cache: HeadCache;
  readonly threadId: string;
  /** What a strict call is compared by, beside the entries. */
  readonly asked?: object;
  /** The holder's; without one the thread must be free. */
  readonly lease: Lease | undefined;
}

/** An entry with its value as text of our own: what the caller does with its objects from now on changes nothing. */
export interface TextEntry extends Pick<NamedEntry, "id" | "known"> {
  readonly text: string;
}

/** What a rewrite looks at. */
export interface Sight {
  readonly partition: Partition;
  readonly snapshot: Snapshot;
  readonly seen: CachedHead;
  readonly now: number;
}

/** What a rewrite makes of it. */
export interface Rewritten {
  readonly head: HistoryHead;
  readonly writes: readonly Write[];
  readonly ids: readonly string[];
  readonly cursors: readonly string[];
  /** Is told the revision of the write once it has landed. */
  readonly landed?: (revision: number) => void;
}

/** The values as text. Throws `UNSUPPORTED_VALUE` for what cannot be kept. */
export function textsOf(entries: readonly NamedEntry[]): readonly TextEntry[] {
  return entries.map(({ id, known = false, value }) => ({ id, known, text: encodeText(value) }));
}

/** An entry at its place; the id's own record only where it says another place so far, or none. */
export function placeWrites(
  { id, text }: TextEntry,
  cursor: string,
  { before, createdAt }: { readonly before: string | undefined; readonly createdAt: number },
): readonly Write[] {
  const put = { op: "put", key: entryKey(cursor), value: sealEntry(id, text, createdAt) } as const;
  const entry: Write = { ...put, expect: "any" };
  if (before === cursor) return [entry];
  return [{ op: "put", key: idKey(id), value: encodeValue(cursor), expect: "any" }, entry];
}

/**
 * Reads the head, the ids and the lease, lets `plan` decide, and writes it all against what was read; nothing where it decides on nothing. A thread that a run holds is refused, unless the call
 * brings its lease; one that is not there is made for new entries only.
 */
export async function rewriting(
  { context, cache, threadId, lease, asked, ...naming }: Rewrite,
  verb: string,
  named: readonly TextEntry[],
  plan: (sight: Sight) => Promise<Rewritten | undefined>,
  makes: boolean = named.length > 0,
): Promise<AppendResult> {
  checkId("threadId", threadId);
  const operation = operationOf(verb, naming, () => ({ ...asked, entries: payloadOf(named) }));
  if (lease) checkLease(threadId, lease);
  await context.ready();
  const partition = context.thread(threadId);
  const now = context.now();
  const read = [...operationKeys(operation), HEAD, LIFE, LEASE];
  const keys = [...read, ...named.flatMap(({ id }) => whereKeys(id))];
  return transact(partition, now, async (): Promise<Decision<AppendResult>> => {
    const snapshot = await readMany(partition, keys, now);
    const life = lifeIn(context, snapshot);
    if (lease) sameLife(context, snapshot, lease);
    const done = doneIn(snapshot, operation);
    if (done) return { answer: decodeResult(done) };
    const draft = async (seen: CachedHead): Promise<Plan<AppendResult>> => {
      const held = life || lease ? holdWrites(context, snapshot, lease) : [];
      const rewritten = await plan({ partition, snapshot, seen, now });
      if (!rewritten) return nothing;
      const { head, writes, ids, cursors } = rewritten;
      const first = operationWrites(operation, { ids, cursors }, now, context.operationTtlMs);
      const own = [...first, ...held, ...headWrites(context, seen, head)];
      const records = own.length + writes.length;
      requireRoom(partition, "A rewrite", { entries: named.length, records, own: own.length });
      return {
        writes: [...own, ...writes],
        landed(revision) {
          rewritten.landed?.(revision);
          return { ids, cursors, replayed: false };
        },
      };
    };
    cache.delete(partition.name);
    if (!life && !makes) return { answer: (await draft(unseen)).landed(0) };
    return orAnswer(await draftSeen(context, threadId, snapshot, draft));
  });
}

/** A rewrite that changes nothing. */
const nothing: Plan<AppendResult> = {
  writes: [],
  landed: () => ({ ids: [], cursors: [], replayed: false }),
};

/** The entries as they were given, whatever the order of their keys. */
function payloadOf(named: readonly TextEntry[]): readonly string[] {
  return digestsOf(named.map(({ id, text }) => ({ id, value: decodeText(text) })));
}

/** Holds a write to the lease that the call brings, and moves its pulse; without one to a thread that no run has. Throws `LEASE_LOST` or `CONFLICT`. */
function holdWrites(
  context: StoreContext,
  snapshot: Snapshot,
  lease: Lease | undefined,
): readonly Write[] {
  if (lease) {
    const { ms = 1 } = heldLease(context, snapshot, lease);
    return [{ op: "check", key: LEASE, expect: lease.fence }, pulseWrite(ms, "any")];
  }
  const record = snapshot.get(LEASE);
  const { run } = (record?.value() ?? {}) as { readonly run?: string };
  if (run !== undefined)
    throw new ConflictError(
      "A run has the thread, and its history only grows until it is over, unless its holder rewrites it.",
      { key: LEASE },
    );
  return [{ op: "check", key: LEASE, expect: record?.revision ?? "present" }];
}
