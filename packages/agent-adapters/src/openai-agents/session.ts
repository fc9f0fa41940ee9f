import type {
  AgentInputItem,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents";
import { digestOf, type HistoryEntry, type Store, StorageError } from "@perdure/checkpoint-core";
import { currentStep, durably } from "@perdure/inngest-bridge/agent";
import { itemsOf } from "./items.ts";

/**
 * A thread of the store as the SDK's session: what runs of any agent have said in it, and what is added. In an Inngest function (`perdureMiddleware`) each call is a step, and what it
 * adds is added once, however often the step is tried; outside of one every call adds.
 */
export function historySession(
  store: Store,
  threadId: string,
): SessionHistoryTransactionAwareSession {
  const step = async <T>(
    name: string,
    work: (operationId: string | undefined) => Promise<T>,
  ): Promise<T> =>
    durably(
      { name: `session-${name}:${threadId}`, shown: `session-${name}`, alone: true },
      async () => work(currentStep()?.operationId()),
    );
  return {
    getSessionId: async () => threadId,
    getItems: async (limit) =>
      step("get", async () => {
        if (limit !== undefined && limit <= 0) return [];
        const items = itemsIn(await store.history.read(threadId));
        return limit === undefined ? items : items.slice(-limit);
      }),
    addItems: async (items) =>
      step("add", async (operationId) =>
        append(store, threadId, items, operationId ?? crypto.randomUUID()),
      ),
    popItem: async () => step("pop", async (operationId) => pop(store, threadId, operationId)),
    clearSession: async () =>
      step("clear", async (operationId) => {
        await store.history.clear(threadId, operationId === undefined ? {} : { operationId });
      }),
    applyHistoryTransaction: async (given) =>
      step("apply", async () => apply(store, threadId, given)),
  };
}

function itemsIn(entries: readonly HistoryEntry[]): AgentInputItem[] {
  return itemsOf(entries.map(({ value }) => value));
}

async function append(
  store: Store,
  threadId: string,
  items: readonly AgentInputItem[],
  operationId: string,
  strict = false,
): Promise<void> {
  if (items.length === 0) return;
  const entries = items.map((value) => ({ value }));
  await store.history.append(threadId, entries, { operationId, strict });
}

/** Takes the last item away. An entry of several items, as a run has it, is refused: it is not the session's. */
async function pop(
  store: Store,
  threadId: string,
  operationId: string | undefined,
): Promise<AgentInputItem | undefined> {
  const [last] = await store.history.read(threadId, { limit: 1 });
  if (!last) return undefined;
  const items = itemsIn([last]);
  if (items.length > 1)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "The last entry is a run's, and holds several items.",
    );
  const range = { from: last.cursor, to: last.cursor };
  const named = operationId === undefined ? {} : { operationId };
  await store.history.replace(threadId, range, [], { expected: 1, ...named });
  return items[0];
}

/** The same id and payload again changes nothing, another payload is a `CONFLICT`; so is a suffix that is not there. */
async function apply(
  store: Store,
  threadId: string,
  { operationId, transaction }: SessionHistoryTransactionArgs,
): Promise<void> {
  if (transaction.type === "append_items")
    return append(store, threadId, transaction.items, operationId, true);
  const { expectedSuffix, replacement } = transaction;
  const limit = expectedSuffix.length;
  const entries = limit === 0 ? [] : await store.history.read(threadId, { limit });
  const entriesToBe = replacement.map((value) => ({ value }));
  const [first] = entries;
  const last = entries.at(-1);
  if (!first || !last) {
    if (limit > 0) throw notThere();
    return append(store, threadId, replacement, operationId, true);
  }
  const isThere = digestOf(itemsIn(entries)) === digestOf(expectedSuffix);
  if (!isThere && !(await endsWith(store, threadId, replacement))) throw notThere();
  if (!isThere) return undefined;
  const range = { from: first.cursor, to: last.cursor };
  await store.history.replace(threadId, range, entriesToBe, { expected: limit, operationId });
  return undefined;
}

/** Whether the thread ends with these: what a replacement that was done before has left. */
async function endsWith(
  store: Store,
  threadId: string,
  items: readonly AgentInputItem[],
): Promise<boolean> {
  if (items.length === 0) return false;
  const found = await store.history.read(threadId, { limit: items.length });
  return digestOf(itemsIn(found)) === digestOf(items);
}

function notThere(): StorageError {
  return new StorageError("CONFLICT", "The end of the session's history is not the expected one.");
}
