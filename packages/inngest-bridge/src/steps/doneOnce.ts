import { type Store, StorageError } from "@perdure/checkpoint-core";
import { saysNotDone } from "./notDone.ts";

/** An effect, beyond the run that causes it. */
export interface OnceEffect {
  readonly store: Store;
  readonly threadId: string;
  /** Names it by what it is: again with this key it is the same one, in whatever run. */
  readonly key: string;
}

/**
 * What the work gives, done at most once: `store.effects.once`. Throws `OUTCOME_UNKNOWN` where nobody knows whether it was done, and `UNSUPPORTED_VALUE` where it was done and what it gave cannot be
 * kept.
 */
export async function doneOnce<T>({ store, threadId, key }: OnceEffect, work: () => T): Promise<T> {
  const outcome = await store.effects.once(threadId, key, work, { isNotDone: saysNotDone });
  if (!outcome.unkept) return outcome.value;
  const said = `The effect was done, but what it gave cannot be kept. ${outcome.unkept.message}`;
  throw new StorageError("UNSUPPORTED_VALUE", said);
}
