import type {
  AgentInputItem,
  SessionHistoryTransactionArgs,
  SessionHistoryTransactionAwareSession,
} from "@openai/agents";
import {
  checkGiven,
  digestOf,
  type HistoryEntry,
  isStorageError,
  type ReplaceOptions,
  type Store,
  StorageError,
} from "@perdure/checkpoint-core";
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
  checkGiven("historySession", { store, threadId }, { store: "store", threadId: "text" });
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
        add(store, threadId, items, operationId ?? crypto.randomUUID()),
      ),
    async popItem() {
      for (;;) {
        // What was found is kept before it is taken away: after a lost answer another one is the last.
        const last = await step("last", async () => lastOf(store, threadId));
        if (!last) return undefined;
        const taken = await step("pop", async (operationId) =>
          take(store, threadId, last, operationId),
        );
        if (taken) return last.item;
      }
    },
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

async function add(
  store: Store,
  threadId: string,
  items: readonly AgentInputItem[],
  operationId: string,
): Promise<void> {
  if (items.length === 0) return;
  const entries = items.map((value) => ({ value }));
  await store.history.append(threadId, entries, { operationId });
}

/** The last item, and where it stands. */
interface Last {
  readonly item: AgentInputItem;
  readonly cursor: string;
  readonly revision: number;
}

/** The last item. An entry of several items, as a run has it, is refused: it is not the session's. */
async function lastOf(store: Store, threadId: string): Promise<Last | undefined> {
  const [last] = await store.history.read(threadId, { limit: 1 });
  if (!last) return undefined;
  const [item, ...more] = itemsIn([last]);
  if (more.length > 0)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "The last entry is a run's, and holds several items.",
    );
  return item && { item, cursor: last.cursor, revision: last.revision };
}

/** Takes an item away; `false` where another one was faster, or has changed it. */
async function take(
  store: Store,
  threadId: string,
  { cursor, revision }: Last,
  operationId: string | undefined,
): Promise<boolean> {
  const seen = { expected: 1, expectedRevision: revision };
  const named = operationId === undefined ? {} : { operationId };
  try {
    await store.history.replace(threadId, { from: cursor, to: cursor }, [], { ...seen, ...named });
    return true;
  } catch (error) {
    if (!isStorageError(error) || error.code !== "CONFLICT") throw error;
    return false;
  }
}

/**
 * The same id and transaction again changes nothing, another transaction under it is a `CONFLICT`, of whatever type; so is a suffix that is not there, and a thread that a run has. All are one verb of the
 * store, which keeps ids apart by their verbs.
 */
async function apply(
  store: Store,
  threadId: string,
  { operationId, transaction }: SessionHistoryTransactionArgs,
): Promise<void> {
  const isAppend = transaction.type === "append_items";
  const [suffix, items] = isAppend
    ? [[], transaction.items]
    : [transaction.expectedSuffix, transaction.replacement];
  const entries = items.map((value) => ({ value }));
  const { isThere, range, ...seen } =
    suffix.length === 0 ? BEHIND_THE_END : await endOf(store, threadId, suffix);
  // One that was carried out before is answered before anything is looked at, whatever the end is by now.
  const options = { ...seen, operationId, strict: true, payload: digestOf(transaction) };
  try {
    await store.history.replace(threadId, range, entries, options);
  } catch (cause) {
    if (isThere || !isStorageError(cause) || cause.code !== "CONFLICT") throw cause;
    throw new StorageError(
      "CONFLICT",
      "The end of the session's history is not the expected one, or the operation's id was another transaction's.",
      { cause },
    );
  }
}

/** The end of a thread, as a replacement is held to it: where the suffix is not there, to more entries than there are. */
async function endOf(
  store: Store,
  threadId: string,
  suffix: readonly AgentInputItem[],
): Promise<End> {
  const entries = await store.history.read(threadId, { limit: suffix.length });
  const [first] = entries;
  const last = entries.at(-1);
  if (!first || !last) return { isThere: false, range: {}, expected: 1 };
  const isThere = digestOf(itemsIn(entries)) === digestOf(suffix);
  return {
    isThere,
    range: { from: first.cursor, to: last.cursor },
    expected: isThere ? entries.length : entries.length + 1,
    expectedRevision: Math.max(...entries.map(({ revision }) => revision)),
  };
}

/** Where nothing stands: what is put there comes last. */
const BEHIND_THE_END: End = { isThere: true, range: { from: "9".repeat(16) }, expected: 0 };

interface End extends Pick<ReplaceOptions, "expected" | "expectedRevision"> {
  readonly isThere: boolean;
  readonly range: { readonly from?: string; readonly to?: string };
}
