import type { MemoryScope, MemorySearch, MemoryStore } from "../../store/memory/contract.ts";
import { type Case, defineCase } from "../case.ts";

/** What the cases for memory stores run on: one with nothing in it. */
export interface MemoryStoreSubject {
  readonly memory: MemoryStore;
  /** Another one on the same storage, as another process would have it; where there is none the one stands for both. */
  readonly another?: () => Promise<MemoryStore>;
  /** One on the same storage for this user. Where there is none, the case of users fails: waive it, and check that they are apart elsewhere. */
  readonly as?: (user: string) => Promise<MemoryStore>;
  /**
   * True for a provider that is certified as it is, without `createStore` in front of it, which is what refuses another user's thread (`FORBIDDEN`). Of such a thread it then has to show
   * nothing and change nothing; it may refuse it as well.
   */
  readonly raw?: boolean;
}

/** A case on memories and on others over the same storage. */
export function memoryCase(
  id: string,
  title: string,
  run: (one: MemoryStore, other: MemoryStore, subject: MemoryStoreSubject) => Promise<void>,
): Case<MemoryStoreSubject> {
  return defineCase(`memory-store.${id}`, title, async (subject) => {
    await run(subject.memory, (await subject.another?.()) ?? subject.memory, subject);
  });
}

/** The memories of the user. */
export const OF_USER: MemoryScope = { kind: "user" };

/** The texts of a scope, the last created first. */
export async function textsOf(
  memory: MemoryStore,
  within: MemoryScope = OF_USER,
): Promise<readonly string[]> {
  return (await memory.list(within, { limit: 1000 })).memories.map(({ text }) => text);
}

/** The ids that a search finds, best first. */
export async function idsFound(
  memory: MemoryStore,
  query: string,
  options?: MemorySearch,
  within: Parameters<MemoryStore["search"]>[0] = OF_USER,
): Promise<readonly string[]> {
  const { memories } = await memory.search(within, query, options);
  return memories.map((found) => found.memory.id);
}
