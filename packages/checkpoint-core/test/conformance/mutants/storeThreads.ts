import { type Backend, createStore, type Store, type Thread } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

/** Stores that lose threads in lists, or mistake whose they are. */
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
    "clamps-what-it-is-asked",
    "lists something for a page that cannot be, and begins again at a cursor that is none",
    "list-refusals",
    ({ threads }) => ({
      list: async (range) => threads.list(range).catch(async () => threads.list()),
    }),
  ),
  anyones(
    "updates-anyones",
    "updates the threads of other users",
    "update-refusals",
    (threads) => ({
      update: (...call) => threads.update(...call),
    }),
  ),
  anyones(
    "deletes-anyones",
    "deletes the threads of other users",
    "delete-of-anothers",
    (threads) => ({
      delete: (...call) => threads.delete(...call),
    }),
  ),
  {
    id: "lists-what-was-asked-for",
    does: "lists a thread for each user who tried to create it",
    killedBy: "store.list-of-rivals",
    open(options) {
      const right = createStore(options);
      const { user = "" } = options.scope;
      const asked = tried(options.backend);
      return {
        ...right,
        threads: {
          ...right.threads,
          create(id, about) {
            asked.add(`${user} ${id}`);
            return right.threads.create(id, about);
          },
          async list(range) {
            const { threads } = await createStore({ ...options, scope: {} }).threads.list(range);
            return {
              threads: threads.filter(({ id }) => user === "" || asked.has(`${user} ${id}`)),
            };
          },
        },
      };
    },
  },
  {
    id: "keeps-the-metadata",
    does: "begins a new life with the metadata of the last one",
    killedBy: "store.delete-then-create",
    open(options) {
      const right = createStore(options);
      const asked = tried(options.backend);
      return {
        ...right,
        threads: {
          ...right.threads,
          create(id, about = {}) {
            const again = asked.size === asked.add(id).size;
            return right.threads.create(id, again ? { metadata: { id }, ...about } : about);
          },
        },
      };
    },
  },
];

/** What stores over a backend were asked to create. */
const creations = new WeakMap<Backend, Set<string>>();

function tried(backend: Backend): Set<string> {
  const found = creations.get(backend) ?? new Set();
  creations.set(backend, found);
  return found;
}

/** Our store, some verbs of whose threads are those of the whole tenant. */
function anyones(
  id: string,
  does: string,
  killedBy: string,
  verbs: (threads: Store["threads"]) => Partial<Store["threads"]>,
): StoreMutant {
  return {
    id,
    does,
    killedBy: `store.${killedBy}`,
    open(options) {
      const right = createStore(options);
      const { tenant } = options.scope;
      const all = createStore({ ...options, scope: tenant === undefined ? {} : { tenant } });
      return { ...right, threads: { ...right.threads, ...verbs(all.threads) } };
    },
  };
}

/** Our store with some verbs of its threads done wrong. */
export function brokenThreads(
  id: string,
  does: string,
  killedBy: string,
  verbs: (right: Store) => Partial<Store["threads"]>,
): StoreMutant {
  return broken(id, does, killedBy, (right) => ({
    threads: { ...right.threads, ...verbs(right) },
  }));
}

/** Every thread that is listed. */
export async function allOf({ list }: Pick<Store["threads"], "list">): Promise<readonly Thread[]> {
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
