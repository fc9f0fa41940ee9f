import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";

/** Hashes of the steps that the running pass of a function began with. */
const passes = new AsyncLocalStorage<ReadonlySet<string>>();

/** Runs a function's body so that `isKept` knows what it began with. */
export function withKept<T>(kept: ReadonlySet<string>, body: () => T): T {
  return passes.run(kept, body);
}

/** Whether a step of this id had its outcome when the pass began. False also where nobody has told. */
export function isKept(id: string): boolean {
  return passes.getStore()?.has(createHash("sha1").update(id).digest("hex")) ?? false;
}

/** Whether steps had their outcomes when the pass began, and none of this id. False also where nobody has told. */
export function isBegunWithout(id: string): boolean {
  return (passes.getStore()?.size ?? 0) > 0 && !isKept(id);
}
