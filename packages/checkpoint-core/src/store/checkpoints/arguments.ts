import { decodeText, encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import { checkId, checkWhole } from "../operation.ts";
import type { PutOptions } from "./contract.ts";
import { checkName } from "./names.ts";

/** How long a checkpoint may be kept by `ttlMs`: a hundred thousand years, so that the date can still be said. */
const MAX_TTL_MS = 3_155_760_000_000_000;

/** What a put's or an append's options say once they are found to be what they should be. */
export interface CheckedOptions {
  readonly expires: number | undefined;
  readonly name: string | undefined;
  /** A copy: what the caller does to theirs later changes nothing. */
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** Refuses options that are not what they should be. */
export function checkPut(options: Omit<PutOptions, "parentId">, now: number): CheckedOptions {
  const { expectedHead, metadata, ttlMs, id } = options;
  if (id !== undefined) checkName(id);
  if (expectedHead !== undefined && expectedHead !== null) checkId("expectedHead", expectedHead);
  return {
    expires: ttlMs === undefined ? undefined : now + checkTtl(ttlMs),
    metadata: copyMetadata(metadata),
    name: id,
  };
}

/** A copy of the metadata. Refuses what is no object, and what cannot be kept. */
export function copyMetadata(
  metadata: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (metadata === undefined) return undefined;
  const copy = decodeText(encodeText(metadata));
  if (typeof copy !== "object" || copy === null || Object.getPrototypeOf(copy) !== Object.prototype)
    throw new StorageError("INVALID_ARGUMENT", "metadata must be a plain object.");
  return copy as Readonly<Record<string, unknown>>;
}

function checkTtl(ttlMs: number): number {
  checkWhole("ttlMs", ttlMs, 1);
  if (ttlMs > MAX_TTL_MS)
    throw new StorageError("INVALID_ARGUMENT", `ttlMs is over ${MAX_TTL_MS}.`);
  return ttlMs;
}

/** Refuses a limit or a cursor that is none. */
export function checkList({
  limit = 100,
  before,
}: {
  readonly limit?: number | undefined;
  readonly before?: string | undefined;
}): {
  readonly limit: number;
  readonly before: string | undefined;
} {
  checkWhole("limit", limit);
  if (before !== undefined) checkId("before", before);
  return { limit, before };
}
