import type { Write } from "../backend/contract.ts";
import { encodeId } from "../backend/keys.ts";
import { StorageError } from "../errors.ts";
import { encodeValue } from "./partition.ts";

/** What the keys of a partition's operation records begin with. */
export const OPERATIONS = "o/";

/** The key of the record that remembers a write's first answer: `o/<verb>/<target>/<operationId>`; the target is empty where it is the partition's thread. */
export function operationKey(verb: string, operationId: string, target = ""): string {
  return `${OPERATIONS}${verb}/${target === "" ? "" : encodeId(target)}/${encodeId(operationId)}`;
}

/** The entry that records the answer. It goes first in a write's list, so that a retry of a write that succeeded is recognised as one. */
export function operationWrite(key: string, answer: unknown, now: number, ttlMs: number): Write {
  return {
    op: "put",
    key,
    value: encodeValue(answer),
    expiresAt: now + ttlMs,
    expect: "absent",
  };
}

/** A record that the same write makes has this revision in an answer until the write has landed; then the one that it made takes its place. */
export const THIS_WRITE = 0;

/** Refuses an operation id that is not a string of 1 to 4,096 UTF-16 units. */
export function checkOperationId(operationId: unknown): void {
  checkId("operationId", operationId);
}

/** The longest id that a caller may name a thread, run, entry or operation by, in UTF-16 units. */
const MAX_ID_UNITS = 4096;

/** Refuses what is not a non-empty string of bounded length. */
export function checkId(what: string, id: unknown): void {
  if (typeof id !== "string" || id.length === 0)
    throw new StorageError("INVALID_ARGUMENT", `${what} must be a non-empty string.`);
  if (id.length > MAX_ID_UNITS)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `${what} is over ${MAX_ID_UNITS} UTF-16 units long.`,
    );
}

/** Refuses what is not a whole number of at least `least`. */
export function checkWhole(what: string, value: unknown, least = 0): void {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `${what} must be a whole number of at least ${least}.`,
    );
}
