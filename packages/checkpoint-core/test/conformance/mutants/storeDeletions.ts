import { type Backend, createStore } from "@perdure/checkpoint-core";
import { wrapBackend } from "../../wrap.ts";
import { broken, type StoreMutant } from "./brokenStore.ts";
import { allOf, brokenThreads } from "./storeThreads.ts";

/** Stores that end more or less than they were asked to. */
export const deletionMutants: readonly StoreMutant[] = [
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
    "deletes-any-life",
    "deletes the thread, whatever life of it was meant",
    "delete-of-a-life",
    ({ threads }) => ({
      delete: (id, options) => threads.delete(id, { ...options, life: undefined }),
    }),
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
  broken(
    "erases-whole-partitions",
    "erases the memories of a thread that another user has made since",
    "erase-keeps-anothers-life",
    (right) => ({
      async erase(options) {
        await right.erase(options);
        const another = right.for({ user: "bob" });
        if (right.scope.user === "ann")
          await another.memory.erase({ kind: "thread", threadId: "t" });
      },
    }),
  ),
  broken(
    "maintains-all-or-nothing",
    "does no work in a call that has little time, and says that there is more",
    "maintain-little-by-little",
    (right) => ({
      maintain: async ({ ms }) =>
        ms < 5
          ? { done: {}, failed: [], wakes: [], reminders: [], more: true }
          : right.maintain({ ms }),
    }),
  ),
  broken(
    "never-says-more",
    "says after each call that there is no more to do",
    "maintain-little-by-little",
    () => ({
      maintain: async () => ({ done: {}, failed: [], wakes: [], reminders: [], more: false }),
    }),
  ),
  onBackend(
    "erases-without-a-note",
    "notes no erasure before it begins: one that is cut short stays so",
    "erase-cut-short",
    (right) => ({
      async write(partition, batch) {
        const noted = batch.writes.some(
          (one) => one.op === "put" && one.key.startsWith("w/erase/"),
        );
        return noted ? { revision: 1 } : right.write(partition, batch);
      },
    }),
  ),
];

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
