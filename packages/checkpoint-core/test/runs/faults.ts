import { type Backend, isStorageError, StorageError, type WriteBatch } from "../../src/index.ts";

/** The same backend, whose first write of which `when` is true happens only after `first` has: what another process did between a read and the write that builds on it. */
export function overtaken(
  backend: Backend,
  when: (batch: WriteBatch) => boolean,
  first: () => Promise<unknown>,
): Backend {
  let waiting = true;
  return {
    ...backend,
    async write(partition, batch) {
      if (waiting && when(batch)) {
        waiting = false;
        await first();
      }
      return backend.write(partition, batch);
    },
  };
}

/** The same backend, whose n-th write (from 0) is applied while its acknowledgement is lost. */
export function forgetful(
  backend: Backend,
  nth: number,
): Backend & { readonly writes: () => number } {
  let writes = 0;
  return {
    ...backend,
    writes: () => writes,
    async write(partition, batch) {
      const done = await backend.write(partition, batch);
      writes += 1;
      if (writes - 1 === nth) throw new StorageError("UNAVAILABLE", "The answer was lost.");
      return done;
    },
  };
}

/** A write that names a key which begins so. */
export function naming(prefix: string): (batch: WriteBatch) => boolean {
  return ({ writes }) => writes.some((write) => "key" in write && write.key.startsWith(prefix));
}

/** A step: tried again, with the same operation, as long as the engine does not answer. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageError(error) || error.code !== "UNAVAILABLE") throw error;
    }
  }
}

/** `undefined` where there is no such run, or no such thread yet. */
export async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await retried(work);
  } catch (error) {
    if (isStorageError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
