import type { AppendResult } from "@perdure/checkpoint-core";
import type { HistoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken } from "./brokenHistory.ts";
import type { Mutant } from "./mutant.ts";

/** Histories that keep a promise by half. */
export const historyHalfMutants: readonly Mutant<HistoryStoreSubject>[] = [
  broken(
    "operations-of-all-threads",
    "keeps operation ids without their thread: an append of another thread is lost",
    "operations-belong-to-threads",
    (right) => {
      const answers = new Map<string, AppendResult>();
      return {
        async append(threadId, entries, options) {
          const known = answers.get(options?.operationId ?? "");
          if (known) return { ...known, replayed: true };
          const answer = await right.append(threadId, entries, options);
          if (options?.operationId !== undefined) answers.set(options.operationId, answer);
          return answer;
        },
      };
    },
  ),
  broken(
    "counts-writes",
    "counts what was written, also in the place of another",
    "count",
    (right) => {
      let upserted = 0;
      return {
        async upsert(...call) {
          upserted += 1;
          return right.upsert(...call);
        },
        count: async (threadId) => (await right.count(threadId)) + upserted,
      };
    },
  ),
  broken(
    "one-bound-alone",
    "forgets the bytes where there is a limit",
    "max-bytes-and-limit",
    (right) => ({
      read(threadId, { maxBytes, ...range } = {}) {
        const isBounded = maxBytes !== undefined && range.limit === undefined;
        return right.read(threadId, isBounded ? { ...range, maxBytes } : range);
      },
    }),
  ),
];
