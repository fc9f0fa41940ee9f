import type { Memory, MemoryResult } from "@perdure/checkpoint-core";
import type { MemoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken } from "./brokenMemory.ts";
import type { Mutant } from "./mutant.ts";

/** Memories that keep a promise by half. */
export const memoryHalfMutants: readonly Mutant<MemoryStoreSubject>[] = [
  broken(
    "operations-of-all-scopes",
    "keeps operation ids without their scope",
    "operations-belong-to-scopes",
    (right) => {
      const answers = new Map<string, MemoryResult>();
      return {
        async write(within, memories, options) {
          const known = answers.get(options?.operationId ?? "");
          if (known) return { ...known, replayed: true };
          const answer = await right.write(within, memories, options);
          if (options?.operationId !== undefined) answers.set(options.operationId, answer);
          return answer;
        },
      };
    },
  ),
  broken(
    "first-expectation-alone",
    "tests what the first of several updates expects",
    "expectations-of-all",
    (right) => ({
      update: (within, updates, options) =>
        right.update(
          within,
          updates.map(({ expected, ...update }, index) =>
            index > 0 || expected === undefined ? update : { ...update, expected },
          ),
          options,
        ),
    }),
  ),
  broken(
    "created-when-updated",
    "lists a memory with the date of its last update",
    "dates",
    (right) => ({
      async list(...call) {
        const page = await right.list(...call);
        const memories = page.memories.map((memory): Memory => {
          return { ...memory, createdAt: memory.updatedAt };
        });
        return { ...page, memories };
      },
    }),
  ),
  broken(
    "first-filter-alone",
    "filters by the first value alone",
    "filter-of-several",
    (right) => ({
      search: (within, query, options) =>
        right.search(within, query, {
          ...options,
          ...(options?.filter
            ? { filter: Object.fromEntries(Object.entries(options.filter).slice(0, 1)) }
            : {}),
        }),
    }),
  ),
  broken(
    "erases-memories-alone",
    "erases the memories and keeps the records of operations",
    "erase-ends-operations",
    (right) => ({
      async erase(within) {
        const { memories } = await right.list(within, { limit: 1000 });
        await right.delete(
          within,
          memories.map(({ id }) => id),
        );
      },
    }),
  ),
];
