import type { Write } from "../../backend/contract.ts";
import { ConflictError } from "../../errors.ts";
import { encodeValue, type Partition } from "../partition.ts";
import { underWay } from "./mark.ts";

/** A record that a partition has while it is copied to. Each write of the copy is held to its revision, so that of two copies at once the one that came first stops. */
export const GUARD = "~copying";

/** The entry with which a copy takes a partition from any other. The write's revision names the copy. */
export function guardWrite(): Write {
  return { op: "put", key: GUARD, value: encodeValue(true), expect: "any" };
}

/** A write under the guard; the `last` one takes it away. Throws `CONFLICT` where another copy has the partition by now. */
export async function writeGuarded(
  partition: Partition,
  writes: readonly Write[],
  { guard, last = false }: { readonly guard: number; readonly last?: boolean },
  now: number,
): Promise<void> {
  const held: Write = { op: last ? "delete" : "check", key: GUARD, expect: guard };
  await guarded(partition, async () => void (await partition.write([held, ...writes], now)));
}

/** The partition is dropped, unless another copy takes it meanwhile. */
export async function dropGuarded(partition: Partition, now: number): Promise<void> {
  const { revision } = await partition.write([guardWrite()], now);
  await guarded(partition, async () => partition.drop(now, { key: GUARD, revision }));
}

async function guarded({ name }: Partition, change: () => Promise<void>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (error instanceof ConflictError) throw underWay(name, error);
    throw error;
  }
}
