import type { Expectation } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { ConflictError } from "../../errors.ts";
import { INDEX_SHARDS, type StoreContext } from "../context.ts";
import { shardOf } from "../directory/shards.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";
import { ALL_KEYS, scanned } from "./places.ts";

/** What the target remembers of the copy of a partition, so that a copy goes on where one was cut short and overwrites nothing that it has not written itself. */
export type Mark = Copied & {
  /** The source that has brought it: see `originOf`. */
  readonly origin: string;
  readonly tenant?: string | undefined;
};

type Copied =
  /** It is being copied: what stands there is a part. */
  | { readonly state: "copying" }
  /** It was copied: the revisions of both sides at that time, and what was copied. */
  | {
      readonly state: "copied";
      readonly source: number;
      readonly target: number | undefined;
      readonly records: number;
      readonly bytes: number;
      readonly digest: string;
      readonly damaged: readonly string[];
      /** Has its life another revision than in the source? */
      readonly renewed: boolean;
      /** What the keys were given in place of the root that they have in the source. */
      readonly root?: string | undefined;
    };

/** A mark as it was read. */
export type FoundMark = Mark & { readonly name: string; readonly revision: number };

/** The mark of a partition; `undefined` where none of this name was copied. */
export async function markOf(
  target: StoreContext,
  { name }: Partition,
  now: number,
): Promise<FoundMark | undefined> {
  const key = keyOf(name);
  const found = (await shardFor(target, name).read([key], now)).get(key);
  return found && decodeMark(found);
}

/** The mark stands, in place of the one that was seen; its revision. Throws `CONFLICT` where another copy has set one meanwhile. */
export async function setMark(
  target: StoreContext,
  { name }: Pick<Partition, "name">,
  { mark, expect }: { readonly mark: Mark; readonly expect: Expectation },
  now: number,
): Promise<number> {
  const value = encodeValue({ name, ...mark });
  const put = { op: "put", key: keyOf(name), value, expect } as const;
  try {
    return (await shardFor(target, name).write([put], now)).revision;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw underWay(name, error);
  }
}

/** What a copy is told that meets another one. */
export function underWay(name: string, cause: ConflictError): ConflictError {
  const message = `Another copy writes ${name}; this one stopped. Copy again when it is done.`;
  return new ConflictError(message, { key: name, cause });
}

/** The mark is gone, if it is still as it was seen. */
export async function removeMark(
  target: StoreContext,
  { name, revision }: Pick<FoundMark, "name" | "revision">,
  now: number,
): Promise<void> {
  const remove = { op: "delete", key: keyOf(name), expect: revision } as const;
  await shardFor(target, name).write([remove], now);
}

/** The marks of a tenant's partitions that one source has brought. */
export async function* marksOf(
  target: StoreContext,
  { tenant, origin }: Pick<Mark, "tenant" | "origin">,
  now: number,
): AsyncGenerator<FoundMark, void, undefined> {
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1)
    for await (const record of scanned(target.shared(KIND, [String(shard)]), ALL_KEYS, now)) {
      const mark = decodeMark(record);
      if (mark.tenant === tenant && mark.origin === origin) yield mark;
    }
}

const KIND = "copied";

function decodeMark(record: OpenRecord): FoundMark {
  return { ...(record.value() as Mark & { readonly name: string }), revision: record.revision };
}

function shardFor(target: StoreContext, name: string): Partition {
  return target.shared(KIND, [String(shardOf(name))]);
}

function keyOf(name: string): string {
  return `c/${encodeId(name)}`;
}
