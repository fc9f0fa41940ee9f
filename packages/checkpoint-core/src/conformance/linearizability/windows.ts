import { type Operation, seenIn } from "./operation.ts";

/** Between which revisions of the partition an operation took place. */
export interface Window {
  readonly low: number;
  readonly high: number;
}

type RevisionOf = (operation: Operation) => number | undefined;

/** The windows of the operations that have answers: from what they were told, what had ended before they started, and what started after they had ended. */
export function windowsOf(
  operations: readonly Operation[],
  revisionOf: RevisionOf,
): ReadonlyMap<Operation, Window> {
  const byStart = operations.toSorted((one, other) => one.start - other.start);
  const byEnd = operations
    .filter(({ end }) => end !== undefined)
    .toSorted((one, other) => endOf(one) - endOf(other));
  const lows = lowsOf(byStart, byEnd, revisionOf);
  const highs = highsOf(byStart, byEnd, revisionOf);
  return new Map(
    byEnd.map((one) => [
      one,
      { low: lows.get(one) ?? 0, high: highs.get(one) ?? Number.POSITIVE_INFINITY },
    ]),
  );
}

function lowsOf(
  byStart: readonly Operation[],
  byEnd: readonly Operation[],
  revisionOf: RevisionOf,
): ReadonlyMap<Operation, number> {
  const lows = new Map<Operation, number>();
  let floor = 0;
  let at = 0;
  for (const one of byStart) {
    for (let other = byEnd[at]; other && endOf(other) < one.start; other = byEnd[at]) {
      floor = Math.max(floor, lows.get(other) ?? 0);
      at += 1;
    }
    const told = seenIn(one.answer).map(({ revision }) => revision);
    lows.set(one, Math.max(floor, revisionOf(one) ?? 0, ...told));
  }
  return lows;
}

/** What started later and has a revision had not happened yet; what it saw may have been seen at its own window's end. */
function highsOf(
  byStart: readonly Operation[],
  byEnd: readonly Operation[],
  revisionOf: RevisionOf,
): ReadonlyMap<Operation, number> {
  const highs = new Map<Operation, number>();
  let ceiling = Number.POSITIVE_INFINITY;
  let at = byStart.length - 1;
  for (const one of byEnd.toReversed()) {
    for (let other = byStart[at]; other && other.start > endOf(one); other = byStart[at]) {
      const revision = revisionOf(other);
      const high = revision === undefined ? highs.get(other) : revision - 1;
      ceiling = Math.min(ceiling, high ?? ceiling);
      at -= 1;
    }
    highs.set(one, ceiling);
  }
  return highs;
}

function endOf({ end }: Operation): number {
  return end ?? Number.POSITIVE_INFINITY;
}
