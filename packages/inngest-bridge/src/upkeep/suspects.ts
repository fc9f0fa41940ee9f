import type { Store, ThreadStanding } from "@perdure/checkpoint-core";
import { unlessDeleted } from "../deleted.ts";
import { delegatedBy } from "../subagents/names.ts";

/** A thread that may have been forgotten: whoever looks again after `ms` and finds it as it was knows that it has been. */
export interface Suspect {
  readonly threadId: string;
  readonly tenant?: string;
  readonly user?: string;
  readonly fence: number;
  /** The pulse of the execution that holds it; none where nobody does. */
  readonly seen?: number;
  readonly ms: number;
}

/** How long an event may be on its way before it is taken for lost, in milliseconds. */
const ON_ITS_WAY_MS = 60_000;
/** A silence that every round waits for. */
const SHORT_MS = 15 * 60_000;

/** Whether the store, in its own scope, can be asked about the thread. */
export function isWithin({ scope }: Store, whose: Pick<Suspect, "tenant" | "user">): boolean {
  const isTenants = scope.tenant === undefined || scope.tenant === whose.tenant;
  return isTenants && (scope.user === undefined || scope.user === whose.user);
}

/** What is to be looked at again of a thread; nothing of one whose run waits for somebody. */
export function suspectOf(standing: ThreadStanding): Suspect | undefined {
  if (isWaiting(standing)) return undefined;
  const { threadId, tenant, user, state, fence, seen, ms } = standing;
  const of = {
    threadId,
    ...(tenant === undefined ? {} : { tenant }),
    ...(user === undefined ? {} : { user }),
    fence,
  };
  return state === "held" ? { ...of, seen, ms } : { ...of, ms: ON_ITS_WAY_MS };
}

/** A run that works for another one is asked for by that one: where that has ended, it waits for nobody, and for no deploy that can go on with it. */
function isWaiting({ state, run }: ThreadStanding): boolean {
  return state === "waiting" && delegatedBy(run) === undefined;
}

/**
 * Whether this round watches it. A silence of hours (a back-off, a sleep) is watched by one round in as many as begin within it, so that rounds do not pile up; `chance` is from 0 to 1.
 */
export function isWatched({ ms }: Suspect, chance: number): boolean {
  return ms <= SHORT_MS || chance < SHORT_MS / ms;
}

/** The thread as it stands now, if nothing has moved since it was looked at. */
export async function unmoved(
  store: Store,
  { threadId, fence, seen }: Suspect,
): Promise<ThreadStanding | undefined> {
  const now = await unlessDeleted(store.runs.standing(threadId));
  if (now?.fence !== fence || isWaiting(now)) return undefined;
  return (now.state === "held" ? now.seen : undefined) === seen ? now : undefined;
}

/** The store of the thread's tenant and user. */
export function storeFor(store: Store, { tenant, user }: Pick<Suspect, "tenant" | "user">): Store {
  return store.for({
    ...(tenant === undefined ? {} : { tenant }),
    ...(user === undefined ? {} : { user }),
  });
}
