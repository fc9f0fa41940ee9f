import { randomUUID } from "node:crypto";
import {
  createStore,
  type MemoryScope,
  type MemoryStore,
  type Store,
} from "@perdure/checkpoint-core";
import { broken, narrowed, type StoreMutant } from "./brokenStore.ts";

/** Stores that keep or count memories wrongly. */
export const storeMemoryMutants: readonly StoreMutant[] = [
  narrowed(
    "memories-of-all-tenants",
    "keeps the memories of all tenants in one place",
    "memories-of-tenants",
    ({ user }) => (user === undefined ? {} : { user }),
  ),
  {
    ...remembering("a thread's memories by its id", (threadId) => ({
      kind: "agent",
      agent: threadId,
    })),
    id: "memories-outlive-the-thread",
    killedBy: "store.memories-of-a-life",
  },
  broken(
    "memories-without-operation",
    "names a retried write anew",
    "memories-lost-acknowledgement",
    (right) => ({
      memory: {
        ...right.memory,
        write: (within, memories) =>
          right.memory.write(within, memories, { operationId: randomUUID() }),
      },
    }),
  ),
  broken(
    "no-memories-for-a-failure",
    "answers that there is nothing where the engine does not answer",
    "memories-failure",
    (right) => ({
      memory: {
        ...right.memory,
        list: (...call) => right.memory.list(...call).catch(() => ({ memories: [] })),
      },
    }),
  ),
  broken(
    "deleted-still-counts",
    "hides what is deleted, and goes on counting it in the statistics",
    "memories-statistics",
    (right) => hiding(right),
  ),
  broken(
    "caches-the-search",
    "looks for changes of this process alone",
    "memories-of-many-writers",
    (right) => {
      const seen = new Map<string, Awaited<ReturnType<MemoryStore["search"]>>>();
      return {
        memory: {
          ...right.memory,
          async search(within, query, options) {
            const answer = seen.get(query) ?? (await right.memory.search(within, query, options));
            seen.set(query, answer);
            return answer;
          },
        },
      };
    },
  ),
];

/** A store that puts the memories of threads elsewhere. */
function remembering(
  what: string,
  place: (threadId: string) => MemoryScope,
): Pick<StoreMutant, "does" | "open"> {
  const taken = (within: MemoryScope): MemoryScope =>
    within.kind === "thread" ? place(within.threadId) : within;
  return {
    does: `keeps ${what}, whatever has become of the thread`,
    open(options) {
      const right = createStore(options);
      const { memory } = right;
      return {
        ...right,
        memory: {
          ...memory,
          write: (within, ...rest) => memory.write(taken(within), ...rest),
          update: (within, ...rest) => memory.update(taken(within), ...rest),
          get: (within, ...rest) => memory.get(taken(within), ...rest),
          list: (within, ...rest) => memory.list(taken(within), ...rest),
        },
      };
    },
  };
}

/** The text of a deleted memory that only looks deleted. */
const GONE = "zzz gone";

function hiding({ memory }: Store): Partial<Store> {
  return {
    memory: {
      ...memory,
      async delete(within, ids) {
        const there = [];
        for (const id of ids) if (await memory.get(within, id)) there.push({ id, text: GONE });
        await memory.update(within, there);
        return { ids: there.map(({ id }) => id), replayed: false };
      },
      async write(within, memories, options) {
        for (const { id, text } of memories)
          if (id !== undefined && (await memory.get(within, id))?.text === GONE)
            await memory.update(within, [{ id, text }]);
        return memory.write(within, memories, options);
      },
    },
  };
}
