import { encodeId } from "../../backend/keys.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { shardOf } from "../directory.ts";
import { encodeValue, type Partition } from "../partition.ts";
import { ALL_KEYS, scanned } from "./places.ts";

/** What the target remembers of the copy of a partition, so that a copy goes on where one was cut short and overwrites nothing that it has not written itself. */
export type Mark =
  /** It is being copied: what stands there is a part. */
  | { readonly state: "copying"; readonly tenant?: string | undefined }
  /** It was copied: the revisions of both sides at that time, and what was copied. */
  | {
      readonly state: "copied";
      readonly tenant?: string | undefined;
      readonly source: number;
      readonly target: number | undefined;
      readonly records: number;
      readonly bytes: number;
      readonly digest: string;
      readonly damaged: readonly string[];
    };

/** The mark of a partition; `undefined` where none of this name was copied. */
export async function markOf(
  target: StoreContext,
  { name }: Partition,
  now: number,
): Promise<Mark | undefined> {
  const key = keyOf(name);
  const found = (await shardFor(target, name).read([key], now)).get(key);
  return found && (found.value() as Mark);
}

/** The mark stands. */
export async function setMark(
  target: StoreContext,
  { name }: Partition,
  mark: Mark,
  now: number,
): Promise<void> {
  const value = encodeValue({ name, ...mark });
  const put = { op: "put", key: keyOf(name), value, expect: "any" } as const;
  await shardFor(target, name).write([put], now);
}

/** The mark is gone. */
export async function removeMark(target: StoreContext, name: string, now: number): Promise<void> {
  const remove = { op: "delete", key: keyOf(name), expect: "any" } as const;
  await shardFor(target, name).write([remove], now);
}

/** The marks of a tenant's partitions. */
export async function* marksOf(
  target: StoreContext,
  tenant: string | undefined,
  now: number,
): AsyncGenerator<Mark & { readonly name: string }, void, undefined> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1)
    for await (const record of scanned(target.shared(KIND, [String(shard)]), ALL_KEYS, now)) {
      const mark = record.value() as Mark & { readonly name: string };
      if (mark.tenant === tenant) yield mark;
    }
}

const KIND = "copied";

function shardFor(target: StoreContext, name: string): Partition {
  return target.shared(KIND, [String(shardOf(name))]);
}

function keyOf(name: string): string {
  return `c/${encodeId(name)}`;
}
