import { keyAt } from "../../../src/backend/keys.ts";
import type { BackendSubject } from "../../../src/conformance/index.ts";
import { brokenBackend, type Mutant, turn, wrappedBackend } from "./mutant.ts";
import { contract, met } from "./pliable.ts";

/** Backends that break law 1 or law 2. */
export const writeMutants: readonly Mutant<BackendSubject>[] = [
  brokenBackend(
    "partial-write",
    "applies the entries up to the one whose expectation fails",
    "law-1.all-or-nothing",
    () => ({
      onConflict: (_state, { writes }, apply) => apply(writes.slice(0, writes.length - 1)),
    }),
  ),
  wrappedBackend(
    "deletes-forgotten",
    "forgets the deletes of a batch that also puts",
    "law-1.whole-batch",
    (right) => ({
      write: (name, batch) =>
        right.write(name, {
          ...batch,
          writes: batch.writes.filter((one) => one.op !== "delete" || batch.writes.length === 1),
        }),
    }),
  ),
  brokenBackend("insert-only", "keeps the first value of a key", "law-1.key-once", () => ({
    made: (record, before) => before ?? record,
  })),
  brokenBackend(
    "revision-per-entry",
    "moves the revision by the number of entries",
    "law-1.revision-adds-one",
    () => ({
      next: (state, writes) => state.revision + writes.filter(({ op }) => op !== "check").length,
    }),
  ),
  brokenBackend(
    "version-per-record",
    "counts a version for each record, as many document stores do",
    "law-1.records-carry-revision",
    () => ({ made: (record, before) => ({ ...record, revision: (before?.revision ?? 0) + 1 }) }),
  ),
  brokenBackend(
    "one-sequence-for-all",
    "takes revisions from one sequence for all partitions",
    "law-1.partitions-apart",
    () => {
      let last = 0;
      return {
        next: (state, writes) =>
          writes.every(({ op }) => op === "check") ? state.revision : (last += 1),
      };
    },
  ),
  brokenBackend(
    "last-failure-named",
    "names the last expectation that fails",
    "law-1.first-failing-expectation",
    () => ({ blamed: (failing) => failing.at(-1) }),
  ),
  brokenBackend(
    "checks-first",
    "tests the checks before everything else, in a statement of their own",
    "law-1.first-failing-expectation",
    () => ({ blamed: (failing) => failing.find(({ op }) => op === "check") ?? failing[0] }),
  ),
  brokenBackend(
    "sees-its-own-appends",
    "tests expectations against the state that the same write leaves",
    "law-1.state-before-the-write",
    () => ({
      holds: (record, { key, expect }, state) =>
        key.startsWith("x/0") && Number(key.slice(2, 18)) === state.revision + 1
          ? expect !== "absent"
          : met(record, expect),
    }),
  ),
  brokenBackend(
    "conflict-moves-revision",
    "moves the revision before it tests the expectations",
    "law-1.conflict-keeps-revision",
    () => ({
      onConflict: (state) => {
        state.revision += 1;
      },
    }),
  ),
  brokenBackend(
    "conflict-makes-partition",
    "makes the partition's row before it tests the expectations, and leaves it there",
    "law-1.conflict-makes-no-partition",
    () => {
      let touched = false;
      return {
        onConflict: () => {
          touched = true;
        },
        drop: (state, states, name) => {
          contract.drop(state, states, name);
          if (!state && touched)
            states.set(name, { revision: 0, dropped: true, records: new Map() });
        },
      };
    },
  ),
  brokenBackend(
    "checks-move-revision",
    "moves the revision for a write of checks alone",
    "law-1.checks-alone",
    () => ({ next: (state) => state.revision + 1 }),
  ),
  brokenBackend(
    "checks-make-partition",
    "answers a write of checks in a new partition with revision 1",
    "law-1.checks-make-no-partition",
    () => ({
      next: (state, writes) => (state.revision === 0 ? 1 : contract.next(state, writes, new Map())),
    }),
  ),
  brokenBackend(
    "idle-delete",
    "does not count a write that deleted nothing",
    "law-1.delete-of-nothing",
    () => ({
      next: (state, writes) =>
        writes.every(({ op }) => op === "check" || op === "delete") && state.records.size === 0
          ? state.revision
          : state.revision + 1,
    }),
  ),
  ...(["put", "delete", "check"] as const).flatMap((op) => [
    brokenBackend(
      `${op}-ignores-absent`,
      `lets a ${op} that expects absence through, as an upsert does`,
      `law-1.${op}-absent`,
      () => ({
        holds: (record, one) =>
          (one.op === op && one.expect === "absent") || met(record, one.expect),
      }),
    ),
    brokenBackend(
      `${op}-ignores-present`,
      `lets a ${op} that expects presence through when nothing is there`,
      `law-1.${op}-present`,
      () => ({
        holds: (record, one) =>
          (one.op === op && one.expect === "present") || met(record, one.expect),
      }),
    ),
    brokenBackend(
      `${op}-compares-partition`,
      `compares the revision that a ${op} expects with the partition's`,
      `law-1.${op}-revision`,
      () => ({
        holds: (record, one, state) =>
          one.op === op && typeof one.expect === "number"
            ? one.expect === state.revision
            : met(record, one.expect),
      }),
    ),
  ]),
  ...(["put", "delete"] as const).map((op) =>
    brokenBackend(
      `${op}-wants-presence`,
      `refuses a ${op} that expects nothing where nothing is there`,
      `law-1.${op}-any`,
      () => ({
        holds: (record, one) =>
          one.op === op && one.expect === "any" ? record !== undefined : met(record, one.expect),
      }),
    ),
  ),
  brokenBackend(
    "missing-is-zero",
    "takes a missing record for one of revision 0 (coalesce(revision, 0))",
    "law-1.put-revision",
    () => ({
      holds: (record, { expect }) =>
        typeof expect === "number" ? (record?.revision ?? 0) === expect : met(record, expect),
    }),
  ),
  brokenBackend(
    "reads-then-writes",
    "tests the expectations in one round trip and writes in another: two writers on one revision both succeed",
    "law-1.race-on-a-record",
    () => ({ gap: turn }),
  ),
  brokenBackend(
    "selects-then-inserts",
    "looks for the row, then inserts it: two creators both succeed",
    "law-1.race-to-create",
    () => ({
      gap: ({ writes }) =>
        writes.some((one) => "expect" in one && one.expect === "absent") ? turn() : undefined,
    }),
  ),
  brokenBackend(
    "lost-update",
    "writes without its expectation when others write at once",
    "law-1.race-of-counters",
    () => ({ gap: ({ writes }) => (writes.length === 1 ? turn() : undefined) }),
  ),
  brokenBackend(
    "index-of-appends",
    "numbers the appends of a write, not its entries",
    "law-2.key-at",
    () => ({
      appendKey: (prefix, revision, index, { writes }) =>
        keyAt(prefix, revision, writes.slice(0, index).filter(({ op }) => op === "append").length),
    }),
  ),
  brokenBackend(
    "revision-as-text",
    "writes the revision into the key without padding: 10 sorts before 9",
    "law-2.write-order",
    () => ({
      appendKey: (prefix, revision, index) =>
        `${prefix}${revision}-${String(index).padStart(4, "0")}`,
    }),
  ),
  brokenBackend(
    "index-as-text",
    "writes the index into the key without padding",
    "law-2.order-in-a-batch",
    () => ({
      appendKey: (prefix, revision, index) =>
        `${prefix}${String(revision).padStart(16, "0")}${index}`,
    }),
  ),
  brokenBackend(
    "append-by-clock",
    "orders appends by the writer's clock (peers: latest by clock or uuid7, wrong for writers that lag)",
    "law-2.clock-goes-back",
    () => ({
      appendKey: (prefix, revision, index, { now }) =>
        `${prefix}${String(now).padStart(16, "0")}${keyAt("", revision, index)}`,
    }),
  ),
  brokenBackend(
    "counter-per-process",
    "counts appends in the process, so that each process starts at one",
    "law-2.two-handles",
    () => {
      let last = 0;
      return {
        appendKey: (prefix, _revision, index) => keyAt(prefix, (last += 1), index),
      };
    },
  ),
  brokenBackend(
    "appends-collide",
    "reads the revision, adds one and writes it: appends that race share a key, and one is lost",
    "law-2.concurrent",
    () => ({
      gap: ({ writes }) => (writes.every(({ op }) => op === "append") ? turn() : undefined),
    }),
  ),
];
