import type { Backend, WriteBatch } from "../src/backend/contract.ts";
import { StorageError } from "../src/errors.ts";

/** A backend that behaves as the inner one, but for the verbs given. Disposing it leaves the inner one open. */
export function wrapBackend(inner: Backend, verbs: Partial<Backend>): Backend {
  return {
    name: inner.name,
    limits: inner.limits,
    setup: (mode) => inner.setup(mode),
    read: (...call) => inner.read(...call),
    scan: (...call) => inner.scan(...call),
    write: (...call) => inner.write(...call),
    drop: (...call) => inner.drop(...call),
    async [Symbol.asyncDispose]() {},
    ...verbs,
  };
}

/** A backend on which chosen writes happen and are not acknowledged. `lose` gets the number of the write, from 0, and its entries. */
export function losingAcknowledgements(
  inner: Backend,
  lose: (index: number, batch: WriteBatch) => boolean,
): Backend {
  let index = 0;
  return wrapBackend(inner, {
    async write(partition, batch) {
      const written = await inner.write(partition, batch);
      const lost = lose(index, batch);
      index += 1;
      if (lost) throw new StorageError("UNAVAILABLE", "The acknowledgement was lost.");
      return written;
    },
  });
}
