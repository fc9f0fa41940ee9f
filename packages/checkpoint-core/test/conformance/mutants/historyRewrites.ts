import type { HistoryEntry } from "@perdure/checkpoint-core";
import type { HistoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken } from "./brokenHistory.ts";
import { type Mutant, turn } from "./mutant.ts";

/** When entries were rewritten, whoever did it. */
const rewritten = new Map<string, Date>();

/** Histories that rewrite wrongly: ours, behind a layer that gets it wrong. */
export const historyRewriteMutants: readonly Mutant<HistoryStoreSubject>[] = [
  broken(
    "upsert-dates-anew",
    "gives a rewritten entry the date of the rewrite",
    "upsert-keeps-its-date",
    (right) => {
      return {
        upsert(threadId, entries, options) {
          for (const { id } of entries) rewritten.set(id, new Date(0));
          return right.upsert(threadId, entries, options);
        },
        async read<T>(...call: Parameters<typeof right.read>) {
          const dated = ({ createdAt, ...entry }: HistoryEntry<T>): HistoryEntry<T> =>
            Object.assign(entry, { createdAt: rewritten.get(entry.id) ?? createdAt });
          return (await right.read<T>(...call)).map(dated);
        },
      };
    },
  ),
  broken(
    "replaces-piece-by-piece",
    "replaces a long range in writes of 500, between which readers see part of it",
    "compaction",
    (right) => ({
      async replace(threadId, range, entries, options) {
        const there = await right.read(threadId, range.to === undefined ? {} : { upTo: range.to });
        for (let first = 0; there.length - first > 500; first += 500) {
          const part = { from: there[first]?.cursor ?? "", to: there[first + 499]?.cursor ?? "" };
          await right.replace(threadId, part, [], { expected: 500 });
          await turn();
          await turn();
        }
        const expected = there.length % 500 || Math.min(500, there.length);
        return right.replace(threadId, range, entries, { ...options, expected });
      },
    }),
  ),
  broken(
    "range-cut-short",
    "replaces the first 1,000 entries of a range, and leaves the others",
    "compaction",
    (right) => ({
      async replace(threadId, range, entries, options) {
        const there = await right.read(threadId, range.to === undefined ? {} : { upTo: range.to });
        const to = there[999]?.cursor;
        return to === undefined
          ? right.replace(threadId, range, entries, options)
          : right.replace(threadId, { ...range, to }, entries, { ...options, expected: 1_000 });
      },
    }),
  ),
  broken(
    "pops-whatever-is-last",
    "removes the last entry, also one that it never saw",
    "pop",
    (right) => ({
      async replace(threadId, range, entries, options) {
        const [last] = await right.read(threadId, { limit: 1 });
        return right.replace(threadId, last ? { from: last.cursor } : range, entries, {
          ...options,
          expected: 1,
        });
      },
    }),
  ),
  broken(
    "place-given-again",
    "gives the place of a removed entry to the next one",
    "pop",
    (right) => ({
      append: async (...call) => {
        const answer = await right.append(...call);
        const [id] = answer.ids;
        return id === "e2" &&
          answer.cursors[0] !== undefined &&
          answer.cursors[0] > "0000000000000002"
          ? { ...answer, cursors: ["0000000000000002"] }
          : answer;
      },
    }),
  ),
  broken("rewrites-again", "does a retried rewrite once more", "rewrites-once", (right) => ({
    upsert: (threadId, entries) => right.upsert(threadId, entries),
    clear: (threadId) => right.clear(threadId),
  })),
];
