import { createStore, StorageError, type Store } from "@perdure/checkpoint-core";
import type { StoreMutant } from "./brokenStore.ts";

/** Stores that mix the lives of a thread. */
export const storeLifeMutants: readonly StoreMutant[] = [
  {
    id: "clears-until-empty",
    does: "frees what it finds until nothing is left, whoever's it is by then",
    killedBy: "store.sweep-of-another-life",
    open(options) {
      const right = createStore(options);
      const { history } = createStore({ ...options, scope: {} });
      const clear: Store["history"]["clear"] = async (threadId, named) => {
        await right.history.clear(threadId, named);
        while ((await history.count(threadId)) > 0) await history.clear(threadId);
      };
      return { ...right, history: { ...right.history, clear } };
    },
  },
  {
    id: "owner-then-entries",
    does: "looks whose the thread is, then reads its entries without looking again",
    killedBy: "store.reads-stay-with-their-owner",
    open(options) {
      const right = createStore(options);
      const { history } = createStore({ ...options, scope: {} });
      return {
        ...right,
        history: {
          ...right.history,
          async read<T>(...call: Parameters<typeof history.read>) {
            await right.threads.get(call[0]);
            return history.read<T>(...call);
          },
        },
      };
    },
  },
  {
    id: "remembers-the-owner",
    does: "refuses by the owner that this process has seen last",
    killedBy: "store.stale-owner",
    open(options) {
      const owners = new Map<string, string | undefined>();
      const wrapped = (right: Store): Store => ({
        ...right,
        for: (scope) => wrapped(right.for(scope)),
        history: {
          ...right.history,
          async append(threadId, ...call) {
            const { user } = right.scope;
            if (owners.has(threadId) && owners.get(threadId) !== user)
              throw new StorageError("FORBIDDEN", "Another user's thread.");
            owners.set(threadId, user);
            return right.history.append(threadId, ...call);
          },
        },
      });
      return wrapped(createStore(options));
    },
  },
];
