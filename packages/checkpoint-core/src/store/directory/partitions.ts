import { encodeId, prefixRange } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { shardOf } from "./shards.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import { readOrError } from "../unreadable.ts";
import { unlessDamaged } from "./damaged.ts";
import { listTenant } from "./tenants.ts";

/** A partition of a tenant that belongs to no thread: a memory scope (`m`), a stream (`s`). No verb lists partitions, so the directory does. */
export interface ListedPartition {
  /** The kind and the parts with which `context.partition` opens it. */
  readonly kind: "m" | "s";
  readonly parts: readonly string[];
  /** The user whose it is; none where it belongs to the tenant. Erasing the user erases it. */
  readonly owner?: string;
}

/** A partition as it stands in the directory. */
export interface FoundPartition extends ListedPartition {
  readonly shard: number;
  readonly key: string;
  readonly revision: number;
}

/** How long a process takes a partition for listed. */
const KNOWN_MS = 60_000;
const PAGE = 100;

/**
 * The partition stands in the directory under `<kind>/<owner>/<partition's name>`, so that `store.erase` and `copyStore` find it. Called before each write to it; a process
 * writes at most once a minute for one partition. Erasing takes the entry away after what is in the partition: whoever writes within that minute of an erasure must know by
 * the partition itself that it is not listed (hold the write to a record that erasing deletes, and call `forgetListed` when that is gone).
 */
export async function listPartition(
  context: StoreContext,
  listed: ListedPartition,
  now: number,
): Promise<void> {
  const { name } = context.partition(listed.kind, listed.parts);
  if (context.known.since(name, now, KNOWN_MS)) return;
  await listTenant(context, now);
  const { kind, parts, owner } = listed;
  const value = encodeValue(owner === undefined ? { kind, parts } : { kind, parts, owner });
  const key = `${prefixOf(listed.kind, owner)}${encodeId(name)}`;
  await context.index("d", shardOf(name)).write([{ op: "put", key, value, expect: "any" }], now);
  context.known.add(name, now);
}

/** The next write to the partition lists it again. */
export function forgetListed(
  context: StoreContext,
  { kind, parts }: Pick<ListedPartition, "kind" | "parts">,
): void {
  context.known.delete(context.partition(kind, parts).name);
}

/** Hears of an entry that cannot be read, by the index partition's name and its key. */
export type OnDamaged = (damaged: { readonly partition: string; readonly key: string }) => void;

/** The listed partitions of a kind in the scope's tenant: those of one owner, or of all. Damaged entries are told; with `unread` also those that want another key, an error otherwise. */
export async function* listedPartitions(
  context: StoreContext,
  kind: ListedPartition["kind"],
  now: number,
  {
    owner,
    onDamaged,
    unread = false,
  }: {
    readonly owner?: string | undefined;
    readonly onDamaged: OnDamaged;
    readonly unread?: boolean;
  },
): AsyncGenerator<FoundPartition, void, undefined> {
  const { from, to } = prefixRange(owner === undefined ? `${kind}/` : prefixOf(kind, owner));
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1)
    for (let next: string | undefined = from; next !== undefined; ) {
      const index = context.index("d", shard);
      const page: Awaited<ReturnType<typeof index.scan>> = await index.scan(
        { from: next, to, limit: PAGE },
        now,
      );
      for (const record of page.records) {
        const decode = (): FoundPartition => found(record, shard);
        const entry = unread ? readOrError(decode).read : unlessDamaged(decode);
        if (entry) yield entry;
        else onDamaged({ partition: index.name, key: record.key });
      }
      next = page.next;
    }
}

/** The entry of one partition, if it is listed for this owner. */
export async function findListed(
  context: StoreContext,
  { kind, parts, owner }: ListedPartition,
  now: number,
): Promise<FoundPartition | undefined> {
  const { name } = context.partition(kind, parts);
  const shard = shardOf(name);
  const key = `${prefixOf(kind, owner)}${encodeId(name)}`;
  const record = (await context.index("d", shard).read([key], now)).get(key);
  return record && found(record, shard);
}

/** The entry is gone, unless the partition was listed again since it was found. */
export async function unlistPartition(
  context: StoreContext,
  entry: FoundPartition,
  now: number,
): Promise<void> {
  forgetListed(context, entry);
  try {
    await context
      .index("d", entry.shard)
      .write([{ op: "delete", key: entry.key, expect: entry.revision }], now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

function prefixOf(kind: ListedPartition["kind"], owner: string | undefined): string {
  return `${kind}/${owner === undefined ? "*" : encodeId(owner)}/`;
}

function found(record: OpenRecord, shard: number): FoundPartition {
  const { key, revision } = record;
  return { ...(record.value() as ListedPartition), shard, key, revision };
}
