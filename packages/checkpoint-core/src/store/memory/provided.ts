import type { StoreContext } from "../context.ts";
import { ensureThread, LIFE, type Life, lifeIn } from "../life/life.ts";
import type { MemoryScope, MemoryStore } from "./contract.ts";
import { checkMemoryScope, scopesOf } from "./place.ts";

/**
 * Somebody else's memories, behind the store's own rules for threads: another user's is `FORBIDDEN` and a deleted one `DELETED` before their code is called, and
 * the thread ids that they get begin with the thread's life, so that one life never meets the memories of another.
 */
export function providedMemory(context: StoreContext, theirs: MemoryStore): MemoryStore {
  const made = (within: MemoryScope): Promise<MemoryScope> => makeTheirs(context, within);
  const found = (within: MemoryScope): Promise<MemoryScope | undefined> =>
    findTheirs(context, within);
  return {
    async write(within, ...rest) {
      return theirs.write(await made(within), ...rest);
    },
    async update(within, ...rest) {
      return theirs.update(await made(within), ...rest);
    },
    async delete(within, ...rest) {
      return theirs.delete(await made(within), ...rest);
    },
    async get(within, ...rest) {
      const scope = await found(within);
      return scope && theirs.get(scope, ...rest);
    },
    async list(within, ...rest) {
      const scope = await found(within);
      return scope ? theirs.list(scope, ...rest) : { memories: [] };
    },
    async search(within, ...rest) {
      const scopes = new Map<string, { readonly own: MemoryScope; readonly scope: MemoryScope }>();
      for (const own of scopesOf(within)) {
        const scope = await found(own);
        if (scope) scopes.set(nameOf(scope), { own, scope });
      }
      if (scopes.size === 0) return { memories: [], searched: 0, complete: true };
      const asked = [...scopes.values()].map(({ scope }) => scope);
      const answer = await theirs.search(asked, ...rest);
      const memories = answer.memories.map(({ memory, score, within: scope }) => ({
        memory,
        score,
        within: scopes.get(nameOf(scope))?.own ?? scope,
      }));
      return { memories, searched: answer.searched, complete: answer.complete };
    },
    async erase(within) {
      const scope = await found(within);
      if (scope) await theirs.erase(scope);
    },
  };
}

function nameOf(within: MemoryScope): string {
  return JSON.stringify([
    within.kind,
    within.kind === "agent" && within.agent,
    within.kind === "thread" && within.threadId,
  ]);
}

/** The scope as they get it; `undefined` for a thread that is not there. Throws `FORBIDDEN` for another user's. */
async function findTheirs(
  context: StoreContext,
  within: MemoryScope,
): Promise<MemoryScope | undefined> {
  const own = checkMemoryScope(within);
  if (own.kind !== "thread") return own;
  await context.ready();
  const snapshot = await context.thread(own.threadId).read([LIFE], context.now());
  const life = lifeIn(context, snapshot);
  return life && ofLife(own.threadId, life);
}

/** The same; a thread that is not there yet is made, and one that was deleted is `DELETED`. */
async function makeTheirs(context: StoreContext, within: MemoryScope): Promise<MemoryScope> {
  const own = checkMemoryScope(within);
  const found = await findTheirs(context, own);
  if (found || own.kind !== "thread") return found ?? own;
  return ofLife(own.threadId, await ensureThread(context, own.threadId));
}

function ofLife(threadId: string, { revision }: Life): MemoryScope {
  return { kind: "thread", threadId: `${revision}.${threadId}` };
}
