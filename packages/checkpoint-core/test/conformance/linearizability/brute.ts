import type { Expectation } from "@perdure/checkpoint-core";
import type {
  Answer,
  Call,
  Operation,
  Seen,
} from "../../../src/conformance/linearizability/operation.ts";

import {
  nothing,
  type PartitionState,
} from "../../../src/conformance/linearizability/partition.ts";

/*
 * The slow way to the same verdict, written without a look at the quick one: every order of every choice of the operations of unknown outcome, each played on a partition that is a plain
 * object, by the words of the contract.
 */

/** A partition as a plain object. */
export interface Shelf {
  counter: number;
  tombstone: boolean;
  rows: Record<string, { text: string; at: number }>;
}

/** Whether some order gives every operation its answer. For a handful of operations of one partition, which had that state before. */
export function possible(
  operations: readonly Operation[],
  { revision, dropped, records }: PartitionState = nothing,
): boolean {
  const rows = Object.fromEntries(
    [...records.values()].map((one) => [one.key, { text: one.value, at: one.revision }]),
  );
  return orders(operations, { counter: revision, tombstone: dropped, rows });
}

function orders(left: readonly Operation[], shelf: Shelf): boolean {
  if (left.every(({ end }) => end === undefined)) return true;
  return left.some((one) => {
    const late = left.some((other) => other.end !== undefined && other.end < one.start);
    if (late) return false;
    const after = copyOf(shelf);
    const told = play(after, one.call);
    if (one.answer && !agrees(one.answer, told) && !isOpen(shelf, one) && !goesOn(after, one))
      return false;
    return orders(
      left.filter((other) => other !== one),
      after,
    );
  });
}

function copyOf({ counter, tombstone, rows }: Shelf): Shelf {
  return { counter, tombstone, rows: { ...rows } };
}

/** Carries a call out and says what it is told. */
export function play(shelf: Shelf, call: Call): Answer {
  if (call.verb === "read")
    return { told: "records", records: call.keys.map((key) => row(shelf, key)) };
  if (call.verb === "scan") return playScan(shelf, call);
  return call.verb === "drop" ? playDrop(shelf, call) : playWrite(shelf, call);
}

function row({ rows }: Shelf, key: string): Seen | null {
  const found = rows[key];
  return found ? { key, value: found.text, revision: found.at } : null;
}

function playScan(shelf: Shelf, { range }: Extract<Call, { verb: "scan" }>): Answer {
  const names = Object.keys(shelf.rows).filter((name) => range.from <= name && name < range.to);
  names.sort((one, other) => (one < other ? -1 : 1));
  if (range.reverse) names.reverse();
  const records = names.slice(0, range.limit).flatMap((name) => row(shelf, name) ?? []);
  if (names.length <= range.limit) return { told: "page", records };
  const next = range.reverse ? names[range.limit - 1] : names[range.limit];
  return { told: "page", records, next: next ?? "" };
}

function playDrop(shelf: Shelf, { held }: Extract<Call, { verb: "drop" }>): Answer {
  if (shelf.counter === 0 || shelf.tombstone) return { told: "dropped" };
  if (held && shelf.rows[held.key]?.at !== held.revision)
    return { told: "conflict", key: held.key };
  shelf.tombstone = true;
  shelf.rows = {};
  return { told: "dropped" };
}

function playWrite(shelf: Shelf, call: Extract<Call, { verb: "write" }>): Answer {
  if (shelf.tombstone && !call.revive) return { told: "deleted" };
  for (const entry of call.writes)
    if (entry.op !== "append" && !fits(shelf.rows[entry.key]?.at, entry.expect))
      return { told: "conflict", key: entry.key };
  if (call.writes.every(({ op }) => op === "check"))
    return { told: "written", revision: shelf.counter };
  shelf.tombstone = false;
  shelf.counter += 1;
  call.writes.forEach((entry, index) => {
    if (entry.op === "delete") delete shelf.rows[entry.key];
    if (entry.op === "put") shelf.rows[entry.key] = { text: entry.value, at: shelf.counter };
    if (entry.op !== "append") return;
    const digits = [String(shelf.counter).padStart(16, "0"), String(index).padStart(4, "0")];
    shelf.rows[entry.prefix + digits.join("")] = { text: entry.value, at: shelf.counter };
  });
  return { told: "written", revision: shelf.counter };
}

function fits(at: number | undefined, expect: Expectation): boolean {
  if (expect === "absent") return at === undefined;
  return expect === "any" || (expect === "present" ? at !== undefined : at === expect);
}

/** A drop of what never existed, held to a record, may also be a conflict: the contract leaves it open. */
function isOpen({ counter }: Shelf, { call, answer }: Operation): boolean {
  return (
    call.verb === "drop" &&
    counter === 0 &&
    answer?.told === "conflict" &&
    answer.key === call.held?.key
  );
}

/** A page may end anywhere, where reading on from its `next` gives what it left out. */
function goesOn(shelf: Shelf, { call, answer }: Operation): boolean {
  if (call.verb !== "scan" || answer?.told !== "page") return false;
  const { next, records } = answer;
  if (next === undefined || records.length > call.range.limit) return false;
  const rest = call.range.reverse ? { to: next } : { from: next };
  const pages = [call.range, { ...call.range, ...rest }].map((range) =>
    play(shelf, { verb: "scan", range: { ...range, limit: 1000 } }),
  );
  const [whole, second] = pages.map((page) => (page.told === "page" ? page.records : []));
  return JSON.stringify(whole) === JSON.stringify([...records, ...(second ?? [])]);
}

function agrees(said: Answer, told: Answer): boolean {
  return JSON.stringify(said) === JSON.stringify(told);
}
