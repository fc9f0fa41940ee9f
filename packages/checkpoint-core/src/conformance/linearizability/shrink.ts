import { judge, type PartitionHistory } from "./check.ts";
import { claimsOf } from "./claims.ts";
import type { Operation } from "./operation.ts";
import { partitionModel, quiet } from "./partition.ts";
import { type Bounds, onlyEnd } from "./search.ts";

/**
 * A short bad history inside a bad one. Only steps that make no bad history of a good one, so what is left proves the same:
 *
 * - The end is cut off at a time: what began later goes, what had not ended loses its answer. (In an order of the whole, what took effect by then is an order of the rest.)
 * - A quiet operation is left out. (No other one depends on it.)
 * - The beginning is replaced by the state that it leaves, where there is only one: the writes up to a revision, if all of them are known and all that is left came later.
 *
 * A write is never left out otherwise: others may have seen what it did.
 */
export function shrink(history: PartitionHistory, bounds?: Bounds): PartitionHistory {
  const isBad = (candidate: PartitionHistory): boolean =>
    judge(candidate, bounds).verdict === "bad";
  const ended = withoutEnd(history, isBad);
  const told = withoutQuiet(ended, isBad);
  const begun = withoutBeginning(told);
  return isBad(begun) ? begun : told;
}

type IsBad = (candidate: PartitionHistory) => boolean;

/** The history as far as it was known at that time. */
export function until(history: PartitionHistory, time: number): PartitionHistory {
  const operations = history.operations
    .filter(({ start }) => start <= time)
    .map((one) => {
      if (one.end === undefined || one.end <= time) return one;
      const { client, partition, call, start } = one;
      return { client, partition, call, start };
    });
  return { initial: history.initial, operations };
}

/** What is bad at a time is bad at every later one, so the earliest is found by halving. */
function withoutEnd(history: PartitionHistory, isBad: IsBad): PartitionHistory {
  const ends = history.operations.flatMap(({ end }) => end ?? []);
  ends.sort((one, other) => one - other);
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBad(until(history, ends[middle] ?? 0))) high = middle;
    else low = middle + 1;
  }
  return until(history, ends[low] ?? 0);
}

/** Leaves out as many quiet operations as it can: halves, then quarters, down to single ones. */
function withoutQuiet(history: PartitionHistory, isBad: IsBad): PartitionHistory {
  const without = (gone: ReadonlySet<Operation>): PartitionHistory => ({
    initial: history.initial,
    operations: history.operations.filter((one) => !gone.has(one)),
  });
  const silent = history.operations.filter((one) => quiet(one) && one.end === undefined);
  const gone = new Set<Operation>(silent);
  let left = history.operations.filter((one) => quiet(one) && one.end !== undefined);
  for (let size = left.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < left.length; ) {
      const some = left.slice(at, at + size);
      if (isBad(without(new Set([...gone, ...some])))) {
        for (const one of some) gone.add(one);
        left = left.toSpliced(at, size);
      } else at += size;
    }
  }
  return without(gone);
}

/** The shortest history that begins with the state which the first writes leave; one of them stays to be seen where it can. */
export function withoutBeginning(history: PartitionHistory): PartitionHistory {
  const operations = history.operations.map((one) => one);
  const claims = claimsOf(operations);
  // A write of unknown outcome that was seen has happened, at the revision that it was seen with.
  const certain = new Map<Operation, Operation>();
  const ordered: Operation[] = [];
  for (let revision = history.initial.revision + 1; ; revision += 1) {
    const one = claims.at(revision);
    if (!one || ordered.includes(one)) break;
    const end = one.end ?? Number.MAX_VALUE;
    certain.set(one, { ...one, end, answer: one.answer ?? { told: "written", revision } });
    ordered.push(one);
  }
  const cuts = ordered.flatMap((_, index) => {
    const first = firstPart(operations, ordered, index);
    return first ? [first] : [];
  });
  const first = cuts.at(-2) ?? cuts.at(-1);
  if (!first) return history;
  const known = operations.map((one) => certain.get(one) ?? one);
  const part = first.map((one) => certain.get(one) ?? one);
  const initial = onlyEnd(part, partitionModel(known, history.initial));
  if (!initial) return history;
  const gone = new Set(first);
  return { initial, operations: operations.filter((one) => !gone.has(one)) };
}

/**
 * What comes, in every order, before all that is left: the writes up to the one at the index, and the drops that had ended before one of them began. `undefined` where something else may
 * have come before that write.
 */
function firstPart(
  operations: readonly Operation[],
  ordered: readonly Operation[],
  index: number,
): readonly Operation[] | undefined {
  const writes = ordered.slice(0, index + 1);
  const last = ordered[index]?.end;
  if (last === undefined) return undefined;
  const latestStart = Math.max(...writes.map(({ start }) => start));
  const others = operations.filter((one) => quiet(one) || one.call.verb === "drop");
  const late = others.filter(({ start }) => start <= last);
  const before = late.filter(
    (one) => !quiet(one) && one.end !== undefined && one.end < latestStart,
  );
  return before.length === late.length ? [...before, ...writes] : undefined;
}
