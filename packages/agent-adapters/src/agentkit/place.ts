import type { AsyncLocalStorage } from "node:async_hooks";
import { getStepTools } from "@inngest/agent-kit";
import { StorageError } from "@perdure/checkpoint-core";

/** Where each copy of Inngest's SDK keeps what runs at the moment, so that another one finds it. */
const INNGEST = Symbol.for("inngest:als");

type Storage = AsyncLocalStorage<object>;

/**
 * The body finds these in the place of Inngest's steps, and so does AgentKit: it asks Inngest's SDK for the steps of the function around it, also where there is none. Throws `INVALID_ARGUMENT` in a
 * runtime that cannot tell one from the other.
 */
export async function withSteps<T>(steps: object, body: () => Promise<T>): Promise<T> {
  // The first that asks makes the place.
  await getStepTools();
  const storage = await storageHere();
  if (!storage) throw unsupported();
  return storage.run({ ...storage.getStore(), ctx: { step: steps } }, async () => {
    const found: unknown = await getStepTools();
    if (found !== steps) throw unsupported();
    return body();
  });
}

/** Inngest 4 keeps it beside other things; 3 kept it alone. */
async function storageHere(): Promise<Storage | undefined> {
  const kept = Reflect.get(globalThis, INNGEST) as
    | (PromiseLike<unknown> & { readonly promise?: undefined })
    | { readonly promise: PromiseLike<unknown> }
    | undefined;
  const storage = await (kept?.promise ?? kept);
  return typeof (storage as Storage | undefined)?.run === "function"
    ? (storage as Storage)
    : undefined;
}

function unsupported(): StorageError {
  return new StorageError(
    "INVALID_ARGUMENT",
    "AgentKit cannot be told here which steps to use: this runtime has no async context, or this version of Inngest's SDK keeps it elsewhere.",
  );
}
