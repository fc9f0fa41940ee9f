import type { Write } from "../../backend/contract.ts";
import type { OpenRecord, Snapshot } from "../partition.ts";
import { isUnreadable } from "./damage.ts";
import { exceptionsWrite } from "./exceptions.ts";
import type { Ground } from "./ground.ts";
import {
  checkpointRange,
  decodeExceptions,
  decodeHead,
  EXCEPTIONS,
  type Exceptions,
  HEAD,
  type Head,
  ordinalIn,
} from "./schema.ts";
import { noHead } from "./segment.ts";

/** What a deletion of all goes on from. */
export interface Cleared {
  readonly head: Head & { readonly revision: number };
  /** Puts what could not be read in order, in the same write. */
  readonly repairs: readonly Write[];
  /** Must the head be written, though nothing is left to hide? */
  readonly broken: boolean;
}

const none: Exceptions = { pinned: [], deleted: [] };
const HIGHEST = Number.MAX_SAFE_INTEGER - 1;

/**
 * The head record and the exceptions, for a write after which no checkpoint is left: what of them cannot be read is replaced. A damaged head is put above every
 * checkpoint that stands or was ever named, so that nothing deleted comes back.
 */
export async function clearedFrom(ground: Ground, snapshot: Snapshot): Promise<Cleared> {
  const stored = snapshot.get(EXCEPTIONS);
  const record = snapshot.get(HEAD);
  const exceptions = stored && readable(() => decodeExceptions(stored));
  const repairs = stored && !exceptions ? [exceptionsWrite(none, stored.revision)] : [];
  const head = record ? readable(() => decodeHead(record)) : noHead;
  const revision = record?.revision ?? 0;
  if (head) return { head: { ...head, revision }, repairs, broken: false };
  const tip = await highest(ground, exceptions ?? none);
  return { head: { ...noHead, tip, revision }, repairs, broken: true };
}

async function highest({ partition, now }: Ground, exceptions: Exceptions): Promise<number> {
  const range = checkpointRange(1, HIGHEST);
  const { records } = await partition.scan({ ...range, reverse: true, limit: 1 }, now);
  const standing = records.map(({ key }: OpenRecord) => ordinalIn(key));
  const pinned = exceptions.pinned.map(({ ordinal }) => ordinal);
  return Math.max(0, ...standing, ...pinned, ...exceptions.deleted);
}

function readable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
