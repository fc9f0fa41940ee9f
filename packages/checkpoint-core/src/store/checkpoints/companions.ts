import type { Write } from "../../backend/contract.ts";
import { ConflictError } from "../../errors.ts";
import type { Partition } from "../partition.ts";
import { attachmentsBetween, attachedTo } from "./attachments.ts";
import { isUnreadable } from "./damage.ts";
import { decodeName, nameKey } from "./names.ts";
import type { Checkpoint } from "./schema.ts";

/** Records that one write frees. */
const BATCH = 50;

interface Freed {
  readonly key: string;
  readonly revision: number;
}

/**
 * What goes with checkpoints that a sweep is about to free is freed: their callers' names and what is kept beside them. Called ahead of the deletion of the records themselves,
 * which are hidden by then, so that a crash in between leaves nothing behind that no later sweep finds. A name that means another checkpoint by now stays.
 */
export async function freeCompanions(
  partition: Partition,
  checkpoints: readonly Pick<Checkpoint, "id" | "name" | "ordinal">[],
  now: number,
): Promise<void> {
  if (checkpoints.length === 0) return;
  const freed: Freed[] = [...(await namesOf(partition, checkpoints, now))];
  const ordinals = new Set(checkpoints.map(({ ordinal }) => ordinal));
  const [first, last] = [Math.min(...ordinals), Math.max(...ordinals)];
  for await (const record of attachmentsBetween(partition, first, last, now))
    if (ordinals.has(attachedTo(record.key))) freed.push(record);
  for (let start = 0; start < freed.length; start += BATCH)
    await freeBatch(partition, freed.slice(start, start + BATCH), now);
}

async function namesOf(
  partition: Partition,
  checkpoints: readonly Pick<Checkpoint, "id" | "name">[],
  now: number,
): Promise<readonly Freed[]> {
  const ids = new Set(checkpoints.map(({ id }) => id));
  const keys = checkpoints.flatMap(({ name }) => (name === undefined ? [] : [nameKey(name)]));
  const { maxReadKeys } = partition.backend.limits;
  const found: Freed[] = [];
  for (let start = 0; start < keys.length; start += maxReadKeys) {
    const records = await partition.read(keys.slice(start, start + maxReadKeys), now);
    for (const record of records.values()) if (isOf(record, ids)) found.push(record);
  }
  return found;
}

/** A name's record that cannot be read stays: nobody can tell whose it is. */
function isOf(record: Parameters<typeof decodeName>[0], ids: ReadonlySet<string>): boolean {
  try {
    return ids.has(decodeName(record));
  } catch (error) {
    if (isUnreadable(error)) return false;
    throw error;
  }
}

/** Where something has moved, another sweep is at it, or a name was taken over: a later sweep looks again. */
async function freeBatch(
  partition: Partition,
  freed: readonly Freed[],
  now: number,
): Promise<void> {
  const deletes = freed.map(
    ({ key, revision }): Write => ({ op: "delete", key, expect: revision }),
  );
  try {
    await partition.write(deletes, now);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
