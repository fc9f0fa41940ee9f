import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { ensureThread, LIFE, type Life, lifeIn } from "../life/life.ts";
import { refuseDeleted } from "./change.ts";
import type {
  MemoryProvider,
  MemoryScope,
  MemorySearch,
  MemorySearchResult,
  MemoryStore,
} from "./contract.ts";
import { checkMemoryScope, scopesOf } from "./place.ts";

/** Answers of a search when none are asked for by number: as many as the store's own. */
const LIMIT = 10;

/**
 * Somebody else's memories, behind the store's own rules for threads: another user's is `FORBIDDEN` and a deleted one `DELETED` before their code is called, and
 * the thread ids that they get begin with the thread's life, so that one life never meets the memories of another. A thread's are those of its owner, whoever asks.
 */
export function providedMemory(context: StoreContext, provider: MemoryProvider): MemoryStore {
  const desk = { context, storeOf: storesBy(context, provider) };
  return {
    async write(within, ...rest) {
      const { theirs, scope } = await makeTheirs(desk, within);
      return theirs.write(scope, ...rest);
    },
    async update(within, ...rest) {
      const found = await findTheirs(desk, within);
      if (found) return found.theirs.update(found.scope, ...rest);
      await refuseDeleted(context, checkMemoryScope(within), context.now());
      throw new StorageError("NOT_FOUND", "There is no such thread, and so no memory to update.");
    },
    async delete(within, ...rest) {
      const found = await findTheirs(desk, within);
      if (found) return found.theirs.delete(found.scope, ...rest);
      await refuseDeleted(context, checkMemoryScope(within), context.now());
      return { ids: [], replayed: false };
    },
    async get(within, ...rest) {
      const found = await findTheirs(desk, within);
      return found && found.theirs.get(found.scope, ...rest);
    },
    async list(within, ...rest) {
      const found = await findTheirs(desk, within);
      return found ? found.theirs.list(found.scope, ...rest) : { memories: [] };
    },
    search: async (within, query, options = {}) => searchTheirs(desk, within, query, options),
    async erase(within) {
      const found = await findTheirs(desk, within);
      if (found) await found.theirs.erase(found.scope);
    },
  };
}

interface Desk {
  readonly context: StoreContext;
  readonly storeOf: (user: string | undefined) => MemoryStore;
}

/** Where memories are with them. */
interface Theirs {
  readonly theirs: MemoryStore;
  readonly scope: MemoryScope;
}

/** Their memories of a user of the tenant: those of the scope's own are made at once. */
function storesBy({ scope }: StoreContext, provider: MemoryProvider): Desk["storeOf"] {
  const own = provider(scope);
  const { tenant } = scope;
  return (user) =>
    user === scope.user || user === undefined
      ? own
      : provider(tenant === undefined ? { user } : { tenant, user });
}

/** One search of each of their stores, and the answers by score. */
async function searchTheirs(
  desk: Desk,
  within: MemoryScope | readonly MemoryScope[],
  query: string,
  options: MemorySearch,
): Promise<MemorySearchResult> {
  const stores = new Map<MemoryStore, Map<string, { own: MemoryScope; scope: MemoryScope }>>();
  for (const own of scopesOf(within)) {
    const found = await findTheirs(desk, own);
    if (!found) continue;
    const scopes = stores.get(found.theirs) ?? new Map();
    stores.set(found.theirs, scopes.set(nameOf(found.scope), { own, scope: found.scope }));
  }
  const answers = await Promise.all(
    [...stores].map(async ([theirs, scopes]) => {
      const asked = [...scopes.values()].map(({ scope }) => scope);
      const answer = await theirs.search(asked, query, options);
      const memories = answer.memories.map(({ memory, score, within: scope }) => ({
        memory,
        score,
        within: scopes.get(nameOf(scope))?.own ?? scope,
      }));
      return { memories, searched: answer.searched, complete: answer.complete };
    }),
  );
  const memories = answers.flatMap((answer) => answer.memories);
  const ranked = memories.toSorted((one, other) => other.score - one.score);
  return {
    memories: answers.length === 1 ? memories : ranked.slice(0, options.limit ?? LIMIT),
    searched: answers.reduce((total, { searched }) => total + searched, 0),
    complete: answers.every(({ complete }) => complete),
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
  { context, storeOf }: Desk,
  within: MemoryScope,
): Promise<Theirs | undefined> {
  const own = checkMemoryScope(within);
  const { user } = context.scope;
  if (own.kind !== "thread") return { theirs: storeOf(user), scope: own };
  await context.ready();
  const snapshot = await context.thread(own.threadId).read([LIFE], context.now());
  const life = lifeIn(context, snapshot);
  return life && { theirs: storeOf(life.owner), scope: ofLife(own.threadId, life) };
}

/** The same; a thread that is not there yet is made, and one that was deleted is `DELETED`. */
async function makeTheirs(desk: Desk, within: MemoryScope): Promise<Theirs> {
  const found = await findTheirs(desk, within);
  if (found) return found;
  const own = checkMemoryScope(within);
  const { context, storeOf } = desk;
  if (own.kind !== "thread") return { theirs: storeOf(context.scope.user), scope: own };
  const life = await ensureThread(context, own.threadId);
  return { theirs: storeOf(life.owner), scope: ofLife(own.threadId, life) };
}

function ofLife(threadId: string, { revision }: Life): MemoryScope {
  return { kind: "thread", threadId: `${revision}.${threadId}` };
}
