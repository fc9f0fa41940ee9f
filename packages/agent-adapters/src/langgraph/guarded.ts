import {
  type AttachOptions,
  ConflictError,
  type Lease,
  LeaseLostError,
  type PutOptions,
  type Store,
} from "@perdure/checkpoint-core";

/**
 * The store as one superstep of a run may write to it: only while the run is held, and only behind the checkpoint that it began at, or one that it has put since. So of two processes that work on
 * one superstep the graph keeps one's.
 */
export function guarded(store: Store, lease: Lease, head: string | undefined): Store {
  const { checkpoints } = store;
  let last = head ?? null;
  // One after the other: graphs inside the graph put theirs at the same time.
  let queue: Promise<unknown> = Promise.resolve();
  const requireHeld = async (): Promise<void> => {
    const { held } = await store.runs.look(lease, {});
    if (!held) throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
  };
  const put = async (threadId: string, state: unknown, options?: PutOptions): Promise<string> => {
    await requireHeld();
    const id = await checkpoints.put(threadId, state, { ...options, expectedHead: last });
    last = id;
    return id;
  };
  return {
    ...store,
    checkpoints: {
      ...checkpoints,
      put: async (threadId, state, options) => {
        const result = queue.then(() => put(threadId, state, options));
        queue = result.catch(() => undefined);
        return result;
      },
      attach: async (threadId, id, key, value, options?: AttachOptions) => {
        await requireHeld();
        await checkpoints.attach(threadId, id, key, value, options);
      },
    },
  };
}

/** True for an error that says that another process was faster: what it has written counts. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof ConflictError;
}
