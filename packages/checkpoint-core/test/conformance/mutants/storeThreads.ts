import { type Backend, createStore, type Store, type Thread } from "@perdure/checkpoint-core";
import { wrapBackend } from "../../wrap.ts";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that lose threads in lists, or end more or less than they were asked to. */
export const threadMutants: readonly StoreMutant[] = [
  brokenThreads(
    "pages-by-time-alone",
    "begins a page below the time of the last thread: those of the same millisecond are lost",
    "list-ties",
    ({ threads }) => ({
      async list({ limit = 50, cursor } = {}) {
        const rest = (await allOf(threads)).filter(
          ({ lastActivityAt }) => lastActivityAt.getTime() < Number(cursor ?? Infinity),
        );
        const page = rest.slice(0, limit);
        const last = page.at(-1)?.lastActivityAt.getTime();
        return rest.length > limit ? { threads: page, cursor: String(last) } : { threads: page };
      },
    }),
  ),
  brokenThreads(
    "pages-with-the-last-one",
    "begins a page with the thread that ended the one before",
    "list-ties",
    ({ threads }) => ({
      async list({ limit = 50, cursor } = {}) {
        const all = await allOf(threads);
        const start = Math.max(
          0,
          all.findIndex(({ id }) => id === cursor),
        );
        const page = all.slice(start, start + limit);
        const last = page.at(-1)?.id;
        return start + limit < all.length && last !== undefined
          ? { threads: page, cursor: last }
          : { threads: page };
      },
    }),
  ),
  brokenThreads(
    "lists-by-creation",
    "lists threads by when they were made, whatever was written to them",
    "list-newest-first",
    ({ threads }) => ({
      async list(range) {
        const page = await threads.list(range);
        return { ...page, threads: page.threads.toSorted(newestMade) };
      },
    }),
  ),
  brokenThreads(
    "orders-by-the-index",
    "leaves the threads of a page in the order of the directory, which is exact to a minute",
    "list-exact-in-a-page",
    ({ threads }) => ({
      async list(range) {
        const page = await threads.list(range);
        return {
          ...page,
          threads: page.threads.toSorted((one, other) => (one.id < other.id ? 1 : -1)),
        };
      },
    }),
  ),
  {
    id: "lists-the-tenant",
    does: "lists all of the tenant's threads to each of its users",
    killedBy: "store.list-of-a-user",
    open(options) {
      const { tenant } = options.scope;
      const { threads } = createStore({
        ...options,
        scope: tenant === undefined ? {} : { tenant },
      });
      const right = createStore(options);
      return { ...right, threads: { ...right.threads, list: (range) => threads.list(range) } };
    },
  },
  brokenThreads(
    "updates-all-of-it",
    "takes what an update does not name for gone",
    "update-keeps-the-life",
    ({ threads }) => ({
      update: (id, update, options) =>
        threads.update(id, { title: null, metadata: null, ...update }, options),
    }),
  ),
  brokenThreads(
    "updates-again",
    "applies an update again when it is tried again",
    "update-once",
    ({ threads }) => ({ update: (id, update) => threads.update(id, update) }),
  ),
  brokenThreads(
    "empties-what-it-deletes",
    "deletes a thread by clearing its history and its checkpoints",
    "delete-is-all",
    ({ history, checkpoints }) => ({
      async delete(id) {
        await history.clear(id);
        await checkpoints.delete(id);
      },
    }),
  ),
  brokenThreads(
    "deletes-whatever-is-there",
    "deletes the thread of that name when it is tried again, whatever life that has",
    "delete-retry-spares-a-new-life",
    ({ threads }) => ({ delete: (id) => threads.delete(id) }),
  ),
  brokenThreads(
    "makes-what-it-deleted",
    "makes a deleted thread again, empty: late writers find it",
    "delete-late-writers",
    ({ threads }) => ({
      async delete(id, options) {
        const there = await threads.get(id);
        await threads.delete(id, options);
        if (there) await threads.create(id);
      },
    }),
  ),
  onBackend(
    "deletes-without-a-note",
    "notes no deletion before it begins: one that is cut short stays so",
    "delete-cut-short",
    (right) => ({
      async write(partition, batch) {
        const noted = batch.writes.some((one) => one.op === "put" && one.key.startsWith("w/drop/"));
        return noted ? { revision: 1 } : right.write(partition, batch);
      },
    }),
  ),
  onBackend(
    "drops-whatever-is-there",
    "drops the partition without a look at the life in it: a deletion that stood still ends another",
    "delete-that-stood-still",
    (right) => ({ drop: (partition, now) => right.drop(partition, now) }),
  ),
  broken(
    "erases-the-tenant",
    "erases all of the tenant for one of its users",
    "erase-is-of-the-scope",
    (right) => ({
      async erase(options) {
        await right.erase(options);
        if (right.scope.user === undefined) return;
        await right.for({ user: "bob" }).erase(options);
      },
    }),
  ),
  broken(
    "erases-again",
    "erases what came after when an erasure is tried again",
    "erase-once",
    (right) => {
      let times = 0;
      return {
        erase: ({ operationId }) => {
          times += 1;
          return right.erase({ operationId: `${operationId} ${times} ${Math.random()}` });
        },
      };
    },
  ),
  broken(
    "erases-threads-alone",
    "erases a user's threads and leaves what is remembered of the user",
    "erase-is-of-the-scope",
    (right) => ({
      async erase() {
        for (const { id } of await allOf(right.threads)) await right.threads.delete(id);
      },
    }),
  ),
];

function brokenThreads(
  id: string,
  does: string,
  killedBy: string,
  verbs: (right: Store) => Partial<Store["threads"]>,
): StoreMutant {
  return broken(id, does, killedBy, (right) => ({
    threads: { ...right.threads, ...verbs(right) },
  }));
}

/** Our store over a backend that does one thing wrong. */
function onBackend(
  id: string,
  does: string,
  killedBy: string,
  wrap: (right: Backend) => Partial<Backend>,
): StoreMutant {
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open: ({ backend, ...options }) =>
      createStore({ ...options, backend: wrapBackend(backend, wrap(backend)) }),
  };
}

async function allOf({ list }: Pick<Store["threads"], "list">): Promise<readonly Thread[]> {
  const all: Thread[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page: Awaited<ReturnType<typeof list>> = await list(
      cursor === undefined ? {} : { cursor },
    );
    all.push(...page.threads);
    ({ cursor } = page);
    more = cursor !== undefined;
  }
  return all;
}

function newestMade(one: Thread, other: Thread): number {
  return other.createdAt.getTime() - one.createdAt.getTime();
}
