import { digestOf, type Store } from "@perdure/checkpoint-core";

/** A thread's name for ids of events: short, and another one in another tenant. */
export function threadName(store: Pick<Store, "scope">, threadId: string): string {
  return digestOf([store.scope.tenant ?? null, threadId]).slice(0, 32);
}
