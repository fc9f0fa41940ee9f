import type { ScanRange } from "../../backend/contract.ts";
import type { Answer, Seen } from "./operation.ts";

/** The records of a partition, by key. */
export type Records = ReadonlyMap<string, Seen>;

/** Whether a read of these keys is told so of these records. */
export function readsAs(records: Records, keys: readonly string[], answer: Answer): boolean {
  return (
    answer.told === "records" &&
    answer.records.length === keys.length &&
    keys.every((key, index) => same(records.get(key), answer.records[index] ?? undefined))
  );
}

/** Whether a page of the range can be this one. It may end early, but then says where to go on, and leaves nothing out. */
export function scansAs(records: Records, range: ScanRange, answer: Answer): boolean {
  if (answer.told !== "page") return false;
  const { from, to, limit } = range;
  const keys = [...records.keys()].filter((key) => key >= from && key < to).toSorted();
  if (range.reverse) keys.reverse();
  const given = answer.records;
  if (given.length > limit || given.length > keys.length) return false;
  if (!given.every((record, index) => same(records.get(keys[index] ?? ""), record))) return false;
  const left = keys[given.length];
  return left === undefined || goesOnAt(answer.next, left, keys[given.length - 1], range);
}

/** Whether a page that goes on there has what is left before it, and what was given behind it. */
function goesOnAt(
  next: string | undefined,
  left: string,
  given: string | undefined,
  { reverse }: ScanRange,
): boolean {
  if (next === undefined) return false;
  if (reverse) return next > left && (given === undefined || next <= given);
  return next <= left && (given === undefined || next > given);
}

function same(stored: Seen | undefined, seen: Seen | undefined): boolean {
  if (!stored || !seen) return stored === seen;
  const { key, value, revision } = stored;
  return key === seen.key && value === seen.value && revision === seen.revision;
}
