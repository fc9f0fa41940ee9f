import type { Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import { checkId } from "../operation.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { Demand, Ground } from "./ground.ts";
import { ordinalOf } from "./schema.ts";
import { viewIn, viewKeys } from "./view.ts";

const NAMES = "ci/";

/** The key of the record that says which checkpoint a caller has given this name. */
export function nameKey(name: string): string {
  return `${NAMES}${encodeId(name)}`;
}

/** The entry that names a checkpoint. `seen` is the revision of a record in its place that names one which is gone; 0: there is none. */
export function nameWrite(name: string, id: string, seen: number): Write {
  const expect = seen === 0 ? "absent" : seen;
  return { op: "put", key: nameKey(name), value: encodeValue(id), expect };
}

/** The id that a name's record holds. Throws `CORRUPT`. */
export function decodeName(record: OpenRecord): string {
  const id = record.value();
  if (typeof id === "string" && ordinalOf(id) !== undefined) return id;
  throw new StorageError("CORRUPT", `What is stored under ${record.key} names no checkpoint.`);
}

/** Refuses a name that could be taken for an id of ours. */
export function checkName(name: unknown): void {
  checkId("id", name);
  if (ordinalOf(String(name)) !== undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A checkpoint's id must not look like one that the store gives: a number, a dash and 8 characters.",
    );
}

/**
 * The store's id of what a caller calls a checkpoint by, as it is read now: a name that was given again means another one. What names none comes back as it is. Throws `FORBIDDEN` for
 * another user's thread.
 */
export async function ownId({ context, partition, now }: Ground, id: string): Promise<string> {
  if (ordinalOf(id) !== undefined) return id;
  const key = nameKey(id);
  const snapshot = await partition.read([...viewKeys(context), key], now);
  viewIn(context, snapshot, now);
  const record = snapshot.get(key);
  return record ? decodeName(record) : id;
}

/** The demand with its parent under the store's id, as it is read now. */
export async function withOwnParent(ground: Ground, demand: Demand): Promise<Demand> {
  const { parentId } = demand;
  if (parentId === undefined || ordinalOf(parentId) !== undefined) return demand;
  return { ...demand, parentId: await ownId(ground, parentId) };
}
