import type { StoreContext } from "../context.ts";
import { appendEntries } from "./append.ts";
import type { HeadCache } from "./cache.ts";
import type { HistoryStore } from "./contract.ts";
import { readEntries, readHead } from "./read.ts";
import { clearEntries } from "./clear.ts";
import { replaceEntries } from "./replace.ts";
import { upsertEntries } from "./upsert.ts";

/** The history of the threads of one scope. */
export function historyStore(context: StoreContext, cache: HeadCache): HistoryStore {
  const { ready } = context;
  return {
    append: (threadId, entries, options = {}) =>
      appendEntries(context, cache, threadId, entries, options),
    async upsert(threadId, entries, { operationId, strict, lease } = {}) {
      return upsertEntries({ context, cache, threadId, operationId, strict, lease }, entries);
    },
    async replace(threadId, range, entries, { expected, operationId, strict, lease }) {
      const rewrite = { context, cache, threadId, operationId, strict, lease };
      return replaceEntries(rewrite, range, entries, expected);
    },
    async read(threadId, range = {}) {
      await ready();
      return readEntries(context, threadId, range);
    },
    async count(threadId) {
      await ready();
      return (await readHead(context, threadId)).count;
    },
    async clear(threadId, { operationId, strict, lease } = {}) {
      await clearEntries({ context, cache, threadId, operationId, strict, lease });
    },
  };
}
