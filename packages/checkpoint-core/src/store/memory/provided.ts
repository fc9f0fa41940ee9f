import type { StoreContext } from "../context.ts";
import { ensureThread, LIFE, lifeIn } from "../threads/life.ts";
import type { MemoryScope, MemoryStore } from "./contract.ts";
import { checkMemoryScope } from "./place.ts";

/** Somebody else's memories, behind the store's own rules for threads: another user's is `FORBIDDEN` and a deleted one `DELETED` before their code is called. */
export function providedMemory(context: StoreContext, theirs: MemoryStore): MemoryStore {
  const allowed = (within: MemoryScope): Promise<boolean> => isThere(context, within);
  const made = async (within: MemoryScope): Promise<void> => {
    if (within.kind === "thread" && !(await allowed(within)))
      await ensureThread(context, within.threadId);
  };
  return {
    async write(within, ...rest) {
      const scope = checkMemoryScope(within);
      await made(scope);
      return theirs.write(scope, ...rest);
    },
    async update(within, ...rest) {
      const scope = checkMemoryScope(within);
      await made(scope);
      return theirs.update(scope, ...rest);
    },
    async delete(within, ...rest) {
      const scope = checkMemoryScope(within);
      await made(scope);
      return theirs.delete(scope, ...rest);
    },
    async get(within, ...rest) {
      const scope = checkMemoryScope(within);
      return (await allowed(scope)) ? theirs.get(scope, ...rest) : undefined;
    },
    async list(within, ...rest) {
      const scope = checkMemoryScope(within);
      return (await allowed(scope)) ? theirs.list(scope, ...rest) : { memories: [] };
    },
    async search(within, ...rest) {
      const given: readonly MemoryScope[] = Array.isArray(within) ? within : [within];
      const scopes: MemoryScope[] = [];
      for (const one of given) {
        const scope = checkMemoryScope(one);
        if (await allowed(scope)) scopes.push(scope);
      }
      if (scopes.length === 0) return { memories: [], searched: 0, complete: true };
      return theirs.search(scopes, ...rest);
    },
    async erase(within) {
      const scope = checkMemoryScope(within);
      if (await allowed(scope)) await theirs.erase(scope);
    },
  };
}

/** False for a thread that is not there. Throws `FORBIDDEN` for another user's. */
async function isThere(context: StoreContext, within: MemoryScope): Promise<boolean> {
  if (within.kind !== "thread") return true;
  await context.ready();
  const snapshot = await context.thread(within.threadId).read([LIFE], context.now());
  return lifeIn(context, snapshot) !== undefined;
}
