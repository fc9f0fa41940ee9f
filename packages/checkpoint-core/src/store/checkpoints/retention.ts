import { StorageError } from "../../errors.ts";
import { checkWhole } from "../operation.ts";
import { isPast } from "./view.ts";

/** By how much the clocks of processes may disagree: what has expired for longer is gone for all of them, and may be freed. */
export const ALLOWED_SKEW_MS: number = 60 * 60 * 1000;

/** The most checkpoints that `keepLast` may ask for: beyond it, leave it out. */
const MAX_KEPT = 1_000_000_000;

/** Refuses a number of checkpoints that is none. */
export function checkKeepLast(keepLast: unknown): void {
  if (keepLast === undefined) return;
  checkWhole("keepLast", keepLast, 1);
  if (Number(keepLast) > MAX_KEPT)
    throw new StorageError("INVALID_ARGUMENT", `keepLast is over ${MAX_KEPT}.`);
}

/**
 * What a put raises `since` to: the newest `keepLast` puts stay shown, and what another process with a smaller number has hidden stays hidden. It never falls, so
 * that processes with different numbers agree on what can be seen.
 */
export function raisedSince(since: number, ordinal: number, keepLast: number | undefined): number {
  return keepLast === undefined ? since : Math.max(since, ordinal - keepLast);
}

/** Expired for everybody, whatever their clocks say: only then may a sweep take it for deleted. */
export function hasExpiredForAll(expires: number | undefined, now: number): boolean {
  return isPast(expires, now - ALLOWED_SKEW_MS);
}
