import type { Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { ConflictError, isStorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { encodeValue, type OpenRecord, type Partition } from "../partition.ts";

/** What the records begin with that name the partitions of a thread. */
export const BELONGINGS = "b/";

/**
 * The partition belongs to the thread in whose write this stands, and is dropped with it: bodies that are too large for the thread, a stream. Written with a check of the thread's
 * life before the partition's first write, or a deletion could miss it.
 */
export function belongingWrite(
  context: StoreContext,
  { kind, parts }: Pick<Belonging, "kind" | "parts">,
): Write {
  const { name } = context.partition(kind, parts);
  const value = encodeValue({ kind, parts });
  return { op: "put", key: `${BELONGINGS}${encodeId(name)}`, value, expect: "any" };
}

/** The partition that a record names. */
export function belongingIn(context: StoreContext, record: OpenRecord): Partition {
  const { kind, parts } = record.value() as Belonging;
  return context.partition(kind, parts);
}

/** What a record says: the kind and the parts with which `context.partition` opens the partition. */
interface Belonging {
  readonly kind: string;
  readonly parts: readonly string[];
}

/** A record that a partition gets when it is to go, by whose revision the drop is held. */
const ENDING = "~ending";

/**
 * The partition is dropped, if `holds` says so after the record that the drop is held to was written: a drop that comes late, when the partition serves another life, meets another record.
 */
export async function dropHeld(
  partition: Partition,
  now: number,
  holds: () => Promise<boolean>,
): Promise<void> {
  if (!(await holds())) return;
  const revision = await mark(partition, now);
  if (revision === undefined || (await holds())) {
    await quietly(() => partition.drop(now, { key: ENDING, revision: revision ?? 0 }));
  } else {
    await quietly(() => partition.write([{ op: "delete", key: ENDING, expect: revision }], now));
  }
}

/** The revision of the mark; `undefined` for a partition that is dropped already. */
async function mark(partition: Partition, now: number): Promise<number | undefined> {
  try {
    const value = encodeValue(true);
    return (await partition.write([{ op: "put", key: ENDING, value, expect: "any" }], now))
      .revision;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return undefined;
    throw error;
  }
}

/** A conflict means that it is another's by now. */
async function quietly(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
