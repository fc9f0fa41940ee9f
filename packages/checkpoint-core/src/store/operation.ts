import type { Write } from "../backend/contract.ts";
import { encodeId, encodeShort } from "../backend/keys.ts";
import { ConflictError, StorageError } from "../errors.ts";
import { type OpenRecord, encodeValue, type Snapshot } from "./partition.ts";
import { digestOfParts } from "./payload.ts";

/** How a caller names a write. */
export interface OperationOptions {
  /** Names the write: a retry under the same id writes nothing and returns the first answer, for at least 7 days, whatever payload it brings. */
  readonly operationId?: string | undefined;
  /**
   * A retry that brings another payload than the operation was done with is a `ConflictError` in place of the first answer. The order of keys makes no difference. Only strict calls keep what a
   * later one is compared with, for as long as operation ids are kept: a retry of one that was not strict gets the first answer. `INVALID_ARGUMENT` without an operation id.
   */
  readonly strict?: boolean | undefined;
}

/** A named write: the key of its operation record, and the digest of its payload where the call is strict. */
export interface Operation {
  readonly key: string;
  readonly payload: string | undefined;
}

/** The write that a call's options name, if they do; `payload` is asked by a strict call only. Refuses an id that is none, and strictness without one. */
export function operationOf(
  verb: string,
  { operationId, strict = false }: OperationOptions,
  payload: () => object,
  target = "",
): Operation | undefined {
  if (operationId !== undefined) checkOperationId(operationId);
  if (typeof strict !== "boolean")
    throw new StorageError("INVALID_ARGUMENT", "strict must be true or false.");
  if (operationId === undefined && strict)
    throw new StorageError("INVALID_ARGUMENT", "A strict call needs an operationId.");
  if (operationId === undefined) return undefined;
  const key = operationKey(verb, operationId, target);
  return { key, payload: strict ? digestOfParts(payload()) : undefined };
}

/** What must be read to know whether the operation was done: its record, and what a strict call compares its payload with. */
export function operationKeys(operation: Operation | undefined): readonly string[] {
  if (!operation) return [];
  const { key, payload } = operation;
  return payload === undefined ? [key] : [key, payloadKey(key)];
}

/** The record of the operation, where it was done before. Throws `ConflictError` where a strict call brings another payload than it was done with. */
export function doneIn(
  snapshot: Snapshot,
  operation: Operation | undefined,
): OpenRecord | undefined {
  const done = operation && snapshot.get(operation.key);
  const refusal = done && refusalIn(snapshot, operation);
  if (refusal) throw refusal;
  return done;
}

/** Why a strict call is not answered with what its operation was done with: the payloads differ. */
export function refusalIn(
  snapshot: Snapshot,
  { key, payload }: Operation,
): ConflictError | undefined {
  const kept = payload === undefined ? undefined : snapshot.get(payloadKey(key))?.value();
  if (kept === undefined || kept === payload) return undefined;
  return new ConflictError(
    "The operation was done before with another payload; nothing was written.",
    { key },
  );
}

/** The entries that record the answer, and a strict call's payload; none for a write without a name. They go first in a write's list. */
export function operationWrites(
  operation: Operation | undefined,
  answer: unknown,
  now: number,
  ttlMs: number,
): readonly Write[] {
  if (!operation) return [];
  const first = operationWrite(operation.key, answer, now, ttlMs);
  return [first, ...payloadWrites(operation, now, ttlMs)];
}

/** The entry that keeps a strict call's payload, beside the operation's record, which says that it is new. */
export function payloadWrites(
  { key, payload }: Operation,
  now: number,
  ttlMs: number,
): readonly Write[] {
  if (payload === undefined) return [];
  const [value, expiresAt] = [encodeValue(payload), now + ttlMs];
  return [{ op: "put", key: payloadKey(key), value, expiresAt, expect: "any" }];
}

function payloadKey(key: string): string {
  return `${key}/payload`;
}

/** What the keys of a partition's operation records begin with. */
export const OPERATIONS = "o/";

/** The key of the record that remembers a write's first answer: `o/<verb>/<target>/<operationId>`, the id cut short; the target is empty where it is the partition's thread. */
export function operationKey(verb: string, operationId: string, target = ""): string {
  return `${OPERATIONS}${verb}/${target === "" ? "" : encodeId(target)}/${encodeShort(operationId)}`;
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
