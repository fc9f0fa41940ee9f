import type { Backend } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";

/** A view of a backend that answers so many calls and none after them: what a process that is killed leaves of its work. */
export function cutOff(calls: number): (backend: Backend) => Backend {
  return (backend) => {
    let left = calls;
    const answered = async <T>(call: () => Promise<T>): Promise<T> => {
      left -= 1;
      if (left < 0) throw new StorageError("UNAVAILABLE", "The engine does not answer any more.");
      return call();
    };
    return {
      name: backend.name,
      limits: backend.limits,
      setup: (mode) => backend.setup(mode),
      read: (...call) => answered(async () => backend.read(...call)),
      scan: (...call) => answered(async () => backend.scan(...call)),
      write: (...call) => answered(async () => backend.write(...call)),
      drop: (...call) => answered(async () => backend.drop(...call)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };
}
