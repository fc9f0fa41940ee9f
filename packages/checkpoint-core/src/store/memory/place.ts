import { ordinalKey } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { ListedPartition } from "../directory/partitions.ts";
import { checkId } from "../operation.ts";
import type { Partition } from "../partition.ts";
import { ensureThread, LIFE, type Life, lifeIn } from "../life/life.ts";
import type { MemoryScope } from "./contract.ts";

/** Where the memories of a scope are kept. */
export interface Place {
  readonly within: MemoryScope;
  readonly partition: Partition;
  /** What the keys begin with: in a thread its life, so that nothing of an earlier life is seen in a later one. */
  readonly root: string;
  readonly listing: ListedPartition;
  /** The thread's life; none where the memories belong to no thread. */
  readonly life?: Life;
}

/** The partition of a scope's memories as the directory lists it, also of one whose thread was deleted: `threads.delete` drops `m/["thread", threadId]`. */
export function memoryListing(
  { scope }: StoreContext,
  within: MemoryScope,
): Pick<ListedPartition, "parts"> & { readonly kind: "m" } {
  const user = scope.user === undefined ? [] : [scope.user];
  if (within.kind === "thread") return { kind: "m", parts: ["thread", within.threadId] };
  if (within.kind === "agent") return { kind: "m", parts: ["agent", within.agent, ...user] };
  return { kind: "m", parts: ["user", ...user] };
}

/** A scope of the caller's, copied. Throws `INVALID_ARGUMENT` for what is none. */
export function checkMemoryScope(within: unknown): MemoryScope {
  const { kind, agent, threadId } =
    typeof within === "object" && within !== null
      ? (within as { kind?: unknown; agent?: unknown; threadId?: unknown })
      : {};
  if (kind === "user") return { kind };
  if (kind === "agent") {
    checkId("agent", agent);
    return { kind, agent: agent as string };
  }
  if (kind === "thread") {
    checkId("threadId", threadId);
    return { kind, threadId: threadId as string };
  }
  throw new StorageError(
    "INVALID_ARGUMENT",
    'A memory scope is { kind: "user" }, { kind: "agent", agent } or { kind: "thread", threadId }.',
  );
}

/** The scopes of a search, each once. */
export function scopesOf(within: MemoryScope | readonly MemoryScope[]): readonly MemoryScope[] {
  const given: readonly unknown[] = Array.isArray(within) ? within : [within];
  const scopes = new Map<string, MemoryScope>();
  for (const one of given) {
    const scope = checkMemoryScope(one);
    scopes.set(JSON.stringify(scope), scope);
  }
  return [...scopes.values()];
}

/** The place to read at; `undefined` where there can be no memory, since its thread is not there. Throws `FORBIDDEN` for another user's thread. */
export async function findPlace(
  context: StoreContext,
  within: MemoryScope,
  now: number,
): Promise<Place | undefined> {
  if (within.kind !== "thread") return placeOf(context, within);
  const thread = context.thread(within.threadId);
  const life = lifeIn(context, await thread.read([LIFE], now));
  return life && placeIn(context, within, life);
}

/** The place to write at. A thread that is not there yet is made; one that was deleted is `DELETED`, another user's `FORBIDDEN`. */
export async function makePlace(
  context: StoreContext,
  within: MemoryScope,
  now: number,
): Promise<Place> {
  if (within.kind !== "thread") return placeOf(context, within);
  const found = await findPlace(context, within, now);
  return found ?? placeIn(context, within, await ensureThread(context, within.threadId));
}

function placeOf(context: StoreContext, within: MemoryScope): Place {
  const listing = memoryListing(context, within);
  const { user } = context.scope;
  return {
    within,
    partition: context.partition(listing.kind, listing.parts),
    root: "",
    listing: user === undefined ? listing : { ...listing, owner: user },
  };
}

function placeIn(context: StoreContext, within: MemoryScope, life: Life): Place {
  const listing = memoryListing(context, within);
  return {
    within,
    partition: context.partition(listing.kind, listing.parts),
    root: `${ordinalKey(life.revision)}/`,
    listing: life.owner === undefined ? listing : { ...listing, owner: life.owner },
    life,
  };
}
