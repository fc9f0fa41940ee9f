import type { Backend } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";

/** A view of a backend that answers so many calls and none after them: what a process that is killed leaves of its work. */
export function cutOff(calls: number): (backend: Backend) => Backend {
  return atEachCall((index) => {
    if (index < calls) return Promise.resolve();
    throw new StorageError("UNAVAILABLE", "The engine does not answer any more.");
  });
}

/** A view of a backend on which something happens before each call; it gets the call's number, from 0. */
export function atEachCall(
  happens: (index: number) => Promise<void>,
): (backend: Backend) => Backend {
  return (backend) => {
    let index = -1;
    const after = async <T>(call: () => Promise<T>): Promise<T> => {
      index += 1;
      await happens(index);
      return call();
    };
    return {
      name: backend.name,
      limits: backend.limits,
      setup: (mode) => backend.setup(mode),
      read: (...call) => after(async () => backend.read(...call)),
      scan: (...call) => after(async () => backend.scan(...call)),
      write: (...call) => after(async () => backend.write(...call)),
      drop: (...call) => after(async () => backend.drop(...call)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
}
