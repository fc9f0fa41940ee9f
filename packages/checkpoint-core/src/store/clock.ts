import { StorageError } from "../errors.ts";

/** The furthest instant that a `Date` can hold. */
const MAX_INSTANT = 8.64e15;

/** A clock that stores may write down: whole milliseconds. */
export function wholeClock(now: () => number): () => number {
  return () => {
    const instant = Math.floor(now());
    if (!Number.isSafeInteger(instant) || Math.abs(instant) > MAX_INSTANT)
      throw new StorageError("INVALID_ARGUMENT", `The clock says ${instant}, which is no instant.`);
    return instant;
  };
}

/** Milliseconds of a clock that nobody sets: for budgets, never for dates. */
export function elapsed(): number {
  return performance.now();
}
