import { encodeId } from "../../backend/keys.ts";
import type { StoreContext } from "../context.ts";
import { shardOf } from "../directory.ts";
import { encodeValue, type Partition } from "../partition.ts";

/** What the target remembers of the copy of a partition, so that a copy goes on where one was cut short and overwrites nothing that it has not written itself. */
export type Mark =
  /** It is being copied: what stands there is a part. */
  | { readonly state: "copying" }
  /** It was copied: the revisions of both sides at that time, and what was copied. */
  | {
      readonly state: "copied";
      readonly source: number;
      readonly target: number;
      readonly records: number;
      readonly bytes: number;
      readonly digest: string;
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
  const put = { op: "put", key: keyOf(name), value: encodeValue(mark), expect: "any" } as const;
  await shardFor(target, name).write([put], now);
}

function shardFor(target: StoreContext, name: string): Partition {
  return target.shared("copied", [String(shardOf(name))]);
}

function keyOf(name: string): string {
  return `c/${encodeId(name)}`;
}
