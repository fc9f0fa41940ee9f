import { createStore, isStorageError, type Store } from "@perdure/checkpoint-core";
import { broken, type StoreMutant } from "./brokenStore.ts";

type Checkpoints = Store["checkpoints"];

/** Stores that fork, name and attach almost right. */
export const forkMutants: readonly StoreMutant[] = [
  mutant(
    "fork-whole-history",
    "copies the history as it is now, beyond the checkpoint (a fork that knows the future)",
    "fork",
    ({ checkpoints, history }) => ({
      async fork(threadId, id, newThreadId, options) {
        const forked = await checkpoints.fork(threadId, id, newThreadId, options);
        const entries = await history.read(threadId);
        await history.append(newThreadId, entries);
        return forked;
      },
    }),
  ),
  mutant(
    "fork-state-only",
    "forks a state and forgets what was said",
    "fork",
    ({ checkpoints, history }) => ({
      async fork(...call) {
        const forked = await checkpoints.fork(...call);
        await history.clear(call[2]);
        return forked;
      },
    }),
  ),
  mutant(
    "fork-head-first",
    "puts the checkpoint, then copies the history: cut short, half of it is there",
    "fork-cut-short",
    ({ checkpoints, history }) => ({
      async fork(threadId, id, newThreadId) {
        const forked = await checkpoints.put(newThreadId, await checkpoints.get(threadId, id));
        for (const entry of await history.read(threadId, { limit: 200 }))
          await history.append(newThreadId, [entry]);
        return forked;
      },
    }),
  ),
  mutant(
    "fork-over",
    "makes room in the thread that it forks to",
    "fork-into-its-own",
    ({ checkpoints }) => ({
      async fork(threadId, id, newThreadId) {
        const state = await checkpoints.get(threadId, id);
        return checkpoints.put(newThreadId, state);
      },
    }),
  ),
  {
    id: "fork-unscoped",
    does: "reads what it forks for whoever asks",
    killedBy: "store.fork-owner",
    open(options) {
      const right = createStore(options);
      const { checkpoints } = createStore({ ...options, scope: {} });
      return {
        ...right,
        checkpoints: { ...right.checkpoints, fork: (...call) => checkpoints.fork(...call) },
      };
    },
  },
  mutant(
    "merges-states",
    "keeps the parent's keys that the new state does not have",
    "whole-states",
    ({ checkpoints }) => ({
      async put(threadId, state, options) {
        const before = await checkpoints.get(threadId);
        return checkpoints.put(threadId, mergedOn(before, state), options);
      },
    }),
  ),
  mutant(
    "writes-whole",
    "writes each state whole (peers: bytes grow with the square of the thread)",
    "whole-states-cost",
    ({ checkpoints }) => ({
      put: (threadId, state, options) =>
        checkpoints.put(threadId, state, { ...options, metadata: { state } }),
    }),
  ),
  mutant(
    "id-taken-over",
    "gives an id that is taken to the newer state",
    "own-ids",
    ({ checkpoints }) => ({
      async put(threadId, state, options = {}) {
        const { id } = options;
        if (id !== undefined && (await checkpoints.get(threadId, id)) !== null)
          await checkpoints.delete(threadId, id);
        return checkpoints.put(threadId, state, options);
      },
    }),
  ),
  mutant(
    "attaches-again",
    "writes an attachment once more for an operation that was done",
    "attachments",
    ({ checkpoints }) => ({
      attach: (threadId, id, key, value) => checkpoints.attach(threadId, id, key, value),
    }),
  ),
  mutant(
    "attaches-to-the-gone",
    "takes an attachment for a checkpoint that is deleted, and says nothing",
    "attachments",
    ({ checkpoints }) => ({
      attach: (...call) => unlessMissing(checkpoints.attach(...call), undefined),
    }),
  ),
  mutant(
    "parent-looked-at-before",
    "looks whether the parent is there, then writes without holding it",
    "parent-deleted-meanwhile",
    ({ checkpoints }) => ({
      async put(threadId, state, { parentId, ...options } = {}) {
        if (parentId !== undefined) await checkpoints.get(threadId, parentId);
        return checkpoints.put(threadId, state, options);
      },
    }),
  ),
];

function mutant(
  id: string,
  does: string,
  killedBy: string,
  wrong: (right: Store) => Partial<Checkpoints>,
): StoreMutant {
  return broken(id, does, killedBy, (right) => ({
    checkpoints: { ...right.checkpoints, ...wrong(right) },
  }));
}

function mergedOn(before: unknown, state: unknown): unknown {
  return isPlain(before) && isPlain(state) ? { ...before, ...state } : state;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function unlessMissing<T>(call: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isStorageError(error) && error.code === "NOT_FOUND") return otherwise;
    throw error;
  }
}
