import { ConflictError, type HistoryEntry, type HistoryStore } from "@perdure/checkpoint-core";
import type { HistoryStoreSubject } from "../../../src/conformance/index.ts";
import { broken, hash } from "./brokenHistory.ts";
import { type Mutant, turn } from "./mutant.ts";

type Entries = Parameters<HistoryStore["upsert"]>[1];

/** The entries without what they expect. */
function unheld(entries: Entries): Entries {
  return entries.map(({ id, value }) => ({ id, value }));
}

async function isAsSeen(
  right: HistoryStore,
  threadId: string,
  { id, expectedRevision }: Entries[number],
): Promise<boolean> {
  if (expectedRevision === undefined) return true;
  return ((await right.get(threadId, id))?.revision ?? null) === expectedRevision;
}

function conflict(): ConflictError {
  return new ConflictError("another one", { key: "i" });
}

/** Looks whether everything is as it was seen; then it writes. */
function looking(right: HistoryStore): HistoryStore["upsert"] {
  return async (threadId, entries, options) => {
    for (const entry of entries) if (!(await isAsSeen(right, threadId, entry))) throw conflict();
    await turn();
    return right.upsert(threadId, unheld(entries), options);
  };
}

/** Histories whose rewrites are not held to what was seen: ours, behind a layer that gets it wrong. */
export const historyHeldMutants: readonly Mutant<HistoryStoreSubject>[] = [
  broken(
    "upsert-overwrites",
    "overwrites whatever stands there, as an upsert of most stores does",
    "upsert-held",
    (right) => ({
      upsert: (threadId, entries, options) => right.upsert(threadId, unheld(entries), options),
    }),
  ),
  broken(
    "upsert-held-in-part",
    "writes those entries that are as they were seen, and refuses the others",
    "upsert-held",
    (right) => ({
      async upsert(threadId, entries, options) {
        for (const entry of entries)
          if (await isAsSeen(right, threadId, entry)) await right.upsert(threadId, [entry]);
        return right.upsert(threadId, entries, options);
      },
    }),
  ),
  broken(
    "revision-of-content",
    "takes a digest of the value for the revision: what was changed and changed back passes",
    "upsert-held",
    (right) => ({
      async upsert(threadId, entries, options) {
        for (const entry of entries) {
          const now = await right.get(threadId, entry.id);
          const held = entry.expectedRevision !== undefined;
          if (held && entry.expectedRevision !== (now ? revisionOf(now) : null)) throw conflict();
        }
        return right.upsert(threadId, unheld(entries), options);
      },
      get: async <T>(threadId: string, id: string) => byContent(await right.get<T>(threadId, id)),
      read: async <T>(...call: Parameters<HistoryStore["read"]>) =>
        (await right.read<T>(...call)).flatMap((entry) => byContent(entry) ?? []),
    }),
  ),
  broken(
    "none-is-any",
    "takes an expectation of none for no expectation",
    "upsert-expects-none",
    (right) => ({
      upsert: (threadId, entries, options) =>
        right.upsert(
          threadId,
          entries.map(({ expectedRevision, ...entry }) => ({
            ...entry,
            expectedRevision: expectedRevision ?? undefined,
          })),
          options,
        ),
    }),
  ),
  broken(
    "compares-then-upserts",
    "looks whether an entry is as it was seen, and then writes: of two that look at once both write",
    "upsert-held-race",
    (right) => ({ upsert: looking(right) }),
  ),
  broken(
    "held-before-done",
    "looks whether an entry is as it was seen ahead of whether the write was done before",
    "held-once",
    (right) => ({
      async upsert(threadId, entries, options) {
        for (const entry of entries)
          if (!(await isAsSeen(right, threadId, entry))) throw conflict();
        return right.upsert(threadId, entries, options);
      },
    }),
  ),
  broken(
    "range-held-by-number",
    "holds a replacement to the number of entries alone",
    "replace-held",
    (right) => ({
      replace: (threadId, range, entries, options) =>
        right.replace(threadId, range, entries, { ...options, expectedRevision: undefined }),
    }),
  ),
  broken(
    "history-held-to",
    "holds a replacement to the whole history: an entry behind the range refuses it",
    "replace-held",
    (right) => ({
      async replace(threadId, range, entries, options) {
        const all = await right.read(threadId);
        const newest = Math.max(...all.map(({ revision }) => revision));
        if (newest > (options.expectedRevision ?? newest)) throw conflict();
        return right.replace(threadId, range, entries, options);
      },
    }),
  ),
  broken(
    "reads-then-updates",
    "reads an entry, changes it and writes it: of two updates at once one is lost",
    "update-race",
    (right) => ({
      async update<T>(...call: Updated<T>) {
        const [threadId, id, change] = call;
        const before = await right.get<T>(threadId, id);
        const value = before && change(before.value, before);
        if (value === undefined) return undefined;
        await turn();
        await right.upsert(threadId, [{ id, value }]);
        return right.get<T>(threadId, id);
      },
    }),
  ),
  broken(
    "updates-in-vain",
    "writes an entry that an update leaves as it is",
    "update-answers",
    (right) => ({
      update: <T>(...[threadId, id, change, options]: Updated<T>) =>
        right.update<T>(threadId, id, (value, entry) => change(value, entry) ?? value, options),
    }),
  ),
  broken(
    "update-makes",
    "makes an entry that is to be updated and is not there",
    "update-answers",
    (right) => ({
      async update<T>(...[threadId, id, change, options]: Updated<T>) {
        const value = { n: 0 } as T;
        const entry = { id, value, cursor: "", createdAt: new Date(), revision: 0 };
        if (!(await right.get(threadId, id)))
          await right.upsert(threadId, [{ id, value: change(value, entry) }]);
        return right.update<T>(threadId, id, change, options);
      },
    }),
  ),
  broken("updates-again", "does a retried update once more", "update-once", (right) => ({
    update: <T>(...[threadId, id, change]: Updated<T>) => right.update<T>(threadId, id, change),
  })),
  broken("finds-as-first", "keeps what it has found by an id", "get", (right) => {
    const known = new Map<string, unknown>();
    return {
      async get<T>(threadId: string, id: string) {
        const found = (known.get(id) ?? (await right.get<T>(threadId, id))) as
          | HistoryEntry<T>
          | undefined;
        if (found) known.set(id, found);
        return found;
      },
    };
  }),
];

type Updated<T> = [
  threadId: string,
  id: string,
  change: (value: T, entry: HistoryEntry<T>) => T | undefined,
  options?: Parameters<HistoryStore["update"]>[3],
];

function revisionOf({ value }: HistoryEntry): number {
  return Number.parseInt(hash(value).slice(0, 12), 16);
}

function byContent<T>(entry: HistoryEntry<T> | undefined): HistoryEntry<T> | undefined {
  return entry && { ...entry, revision: revisionOf(entry) };
}
