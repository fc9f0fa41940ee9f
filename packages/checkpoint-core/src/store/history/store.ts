import type { StoreContext } from "../context.ts";
import { appendEntries } from "./append.ts";
import type { OneByOne } from "../oneByOne.ts";
import type { HeadCache } from "./cache.ts";
import type { HistoryStore } from "./contract.ts";
import { readEntries, readHead } from "./read.ts";
import { clearEntries } from "./clear.ts";
import { replaceEntries } from "./replace.ts";
import { entryOf, updateEntry } from "./update.ts";
import { upsertEntries } from "./upsert.ts";

/** The history of the threads of one scope. */
export function historyStore(
  context: StoreContext,
  { heads: cache, updates }: { readonly heads: HeadCache; readonly updates: OneByOne },
): HistoryStore {
  const { ready } = context;
  return {
    append: (threadId, entries, options = {}) =>
      appendEntries(context, cache, threadId, entries, options),
    async upsert(threadId, entries, { operationId, strict, lease } = {}) {
      return upsertEntries({ context, cache, threadId, operationId, strict, lease }, entries);
    },
    async update(threadId, id, change, { operationId, lease } = {}) {
      const rewrite = { context, cache, threadId, operationId, lease };
      const line = `${context.scope.tenant ?? ""}/${threadId}`;
      return updates(line, async () => updateEntry(rewrite, id, change));
    },
    async replace(threadId, range, entries, options) {
      const { expected, expectedRevision, payload, operationId, strict, lease } = options;
      const rewrite = { context, cache, threadId, operationId, strict, lease };
      return replaceEntries(rewrite, range, entries, { expected, expectedRevision, payload });
    },
    async get(threadId, id) {
      return entryOf(context, threadId, id);
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
