import type { Write } from "../../backend/contract.ts";
import { encodeId, ordinalKey, prefixRange } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import { isStorageError, type StorageError } from "../../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";

/** Work that is due some time and that no verb could find, since none lists partitions. It stands in index partitions of the whole store, 16 of them. */
export interface Work {
  /** Which task does it. */
  readonly kind: string;
  /** What it is about: names the work together with its kind and the hour at which it is due. */
  readonly subject: string;
  readonly tenant?: string;
  /** What the task must know beside the subject. */
  readonly detail?: unknown;
}

/** A note of work that stands in the index. */
export interface NotedWork extends Work {
  readonly dueAt: number;
  readonly shard: number;
  readonly key: string;
  readonly revision: number;
}

/** Notes of work due in one span of time are one note: what happens often is noted once an hour. */
const SPAN_MS = 60 * 60 * 1000;

/** The end of the span that an instant lies in: work noted until then is due then, so that one note stands for everything that is done to the subject before. */
export function dueAfter(instant: number, span: number = SPAN_MS): number {
  return (Math.floor(instant / span) + 1) * span;
}

/**
 * The work is noted, to be done at `dueAt` or later. Written before what makes it necessary, so that a crash in between leaves a note too much rather than one too
 * few. Noted again for the same instant it changes nothing. The answer is the note, to be ended by whoever does the work at once.
 */
export async function noteWork(
  context: StoreContext,
  { kind, subject, detail }: Omit<Work, "tenant">,
  dueAt: number,
  now: number,
): Promise<NotedWork> {
  const { tenant } = context.scope;
  const value = encodeValue({
    subject,
    ...(tenant === undefined ? {} : { tenant }),
    ...(detail === undefined ? {} : { detail }),
  });
  const key = `${kindPrefix(kind)}${ordinalKey(dueAt)}/${encodeId(tenant ?? "")}/${encodeId(subject)}`;
  const shard = shardOf(`${tenant ?? ""} ${subject}`);
  const put: Write = { op: "put", key, value, expect: "any" };
  const { revision } = await workIndex(context, shard).write([put], now);
  return {
    kind,
    subject,
    ...(tenant === undefined ? {} : { tenant }),
    detail,
    dueAt,
    shard,
    key,
    revision,
  };
}

/** The kinds of which one index partition holds a note that is due, by one look at it; `undefined` where it holds more notes than one page. */
export async function dueKinds(
  context: StoreContext,
  shard: number,
  now: number,
): Promise<ReadonlySet<string> | undefined> {
  const range = { ...prefixRange(NOTES), limit: PAGE };
  const { records, next } = await workIndex(context, shard).scan(range, now);
  if (next !== undefined) return undefined;
  const due = records.flatMap(({ key }) => {
    const [, kind = "", instant = ""] = key.split("/", 3);
    return instant <= ordinalKey(now) ? [kind] : [];
  });
  return new Set(due);
}

/** The work of a kind that is due in one index partition, the longest due first but for a random turn among the next hundred: one that never gets done keeps none of them waiting for ever. A note that cannot be read is told, stays, and holds up no other. */
export async function* dueWork(
  context: StoreContext,
  kind: string,
  shard: number,
  now: number,
  onDamaged: (error: StorageError) => void,
): AsyncGenerator<NotedWork, void, undefined> {
  const prefix = kindPrefix(kind);
  const index = workIndex(context, shard);
  const to = `${prefix}${ordinalKey(now + 1)}`;
  for (let from: string | undefined = prefix; from !== undefined; ) {
    const page: Awaited<ReturnType<typeof index.scan>> = await index.scan(
      { from, to, limit: PAGE },
      now,
    );
    const first = Math.floor(Math.random() * page.records.length);
    for (const record of [...page.records.slice(first), ...page.records.slice(0, first)]) {
      const work = noted(kind, shard, prefix, record, onDamaged);
      if (work) yield work;
    }
    from = page.next;
  }
}

/** The note is gone, unless the same work was noted again since it was read. */
export async function endWork(
  context: StoreContext,
  { shard, key, revision }: NotedWork,
  now: number,
): Promise<void> {
  try {
    await workIndex(context, shard).write([{ op: "delete", key, expect: revision }], now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** The shards in which work may stand. */
export const workShards: readonly number[] = Array.from(
  { length: INDEX_SHARDS },
  (_, shard) => shard,
);

const PAGE = 100;

/** What the keys of all notes begin with. */
const NOTES = "w/";

function workIndex(context: StoreContext, shard: number): ReturnType<StoreContext["shared"]> {
  return context.shared("work", [String(shard)]);
}

function kindPrefix(kind: string): string {
  return `${NOTES}${kind}/`;
}

function noted(
  kind: string,
  shard: number,
  prefix: string,
  record: OpenRecord,
  onDamaged: (error: StorageError) => void,
): NotedWork | undefined {
  const { key, revision } = record;
  try {
    const work = record.value() as Omit<Work, "kind">;
    const dueAt = Number(key.slice(prefix.length).split("/", 1)[0]);
    return { ...work, kind, dueAt, shard, key, revision };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    onDamaged(error);
    return undefined;
  }
}
