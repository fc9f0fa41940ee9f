import type { Write } from "../../backend/contract.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { operationWrite } from "../operation.ts";
import { lifeIn } from "../threads/life.ts";
import { type Plan, transact } from "../transact.ts";
import type { CachedHead, CachedState } from "./cache.ts";
import { draftCheckpoint, isInSegment, type NewCheckpoint, type Place } from "./draft.ts";
import { type Attempt, mayHaveLanded, LostAttempts } from "./lost.ts";
import {
  type Demand,
  demandKeys,
  enliven,
  findPlace,
  type Ground,
  MAX_TRIES,
  tooMuchMovement,
} from "./place.ts";
import { checkpointKey, type Head, ordinalOf } from "./schema.ts";
import type { PlannedState, StateSource } from "./source.ts";
import { isPast, viewIn } from "./view.ts";

/** One call that puts a checkpoint. */
export interface PutCall extends Ground {
  readonly demand: Demand;
  readonly checkpoint: NewCheckpoint;
  /** The key of the operation record. */
  readonly operation: string | undefined;
}

/** The checkpoint is written, or the operation's first answer found; see `Checkpointer.put`. */
export async function putCheckpoint(call: PutCall): Promise<string> {
  const { cache, partition, now, operation } = call;
  const lost = new LostAttempts();
  let sent: Attempt | undefined;
  for (;;) {
    try {
      return await transact(partition, now, async (attempt) => {
        sent = undefined;
        const place =
          (attempt === 0 && lost.none && warmPlace(call)) || (await coldPlace(call, lost));
        if ("answer" in place) return place;
        const { plan, ...planned } = planOn(call, place);
        sent = planned;
        return plan;
      });
    } catch (error) {
      if (isStorageError(error) && error.code === "DELETED") cache.forget(partition.name);
      if (sent === undefined || operation !== undefined || !mayHaveLanded(error))
        throw lost.explain(error);
      lost.add(sent, error);
    }
  }
}

/** The place that this process remembers, if that can serve: it only ever saves a read, and refuses nothing. */
function warmPlace({ context, cache, partition, demand, now }: PutCall): Place | undefined {
  const seen = cache.head(partition.name);
  if (!seen || !isOwn(context, seen)) return undefined;
  const { head, life, revision } = seen;
  const { parentId = head.id, expectedHead = head.id } = demand;
  if (expectedHead !== head.id || isPast(head.expires, now)) return undefined;
  if (parentId !== head.id && !isWarmBranch({ cache, partition, demand, now }, seen))
    return undefined;
  const state = warmState(demand.source, head, parentId, cache.state(partition.name, parentId));
  return state && { partition: partition.name, life, head, revision, parentId, state };
}

/** The state, where no more has to be read for it: on its parent's, or whole where it could not be stored as a change. */
function warmState(
  source: StateSource,
  head: Head,
  parentId: string,
  parent: CachedState | undefined,
): PlannedState | undefined {
  const planned = source.planned();
  if (planned) return planned;
  if (!isInSegment(head, parentId)) return source.alone();
  return parent && source.on(parent.image);
}

/** Is it certain, without a read, that the scope's user may see the thread? The write checks its life. */
export function isOwn({ scope }: StoreContext, { life }: CachedHead): boolean {
  return scope.user === undefined || life.owner === scope.user;
}

/** A branch needs no read where its parent is known to be in the open segment, of this life and not expired: the head's revision proves that it was not deleted. */
function isWarmBranch(
  { cache, partition, demand, now }: Pick<PutCall, "cache" | "partition" | "demand" | "now">,
  { head, life }: CachedHead,
): boolean {
  const { parentId = "", parentIsHead } = demand;
  const parent = parentIsHead || !head.open ? undefined : cache.state(partition.name, parentId);
  if (parent?.life !== life.revision || isPast(parent.expires, now)) return false;
  const floor = Math.max(head.since, head.cleared, (head.from ?? Infinity) - 1);
  return (ordinalOf(parentId) ?? 0) > floor;
}

/** The place as it is read now; or the answer, where the operation or one of the lost attempts has landed. */
async function coldPlace(
  call: PutCall,
  lost: LostAttempts,
): Promise<(Place & { readonly checks: readonly Write[] }) | { readonly answer: string }> {
  const { context, partition, demand, now, operation } = call;
  const keys = [
    ...(operation === undefined ? [] : [operation]),
    ...demandKeys(demand),
    ...lost.keys,
  ];
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const snapshot = await partition.read(keys, now);
    lifeIn(context, snapshot);
    const done = operation === undefined ? undefined : snapshot.get(operation);
    if (done) return { answer: done.value() as string };
    const landed = lost.none ? undefined : lost.landed(snapshot, viewIn(context, snapshot, now));
    if (landed !== undefined) return { answer: landed };
    const place = await findPlace(call, demand, snapshot, (view, error) =>
      lost.refusal(view, error),
    );
    if (place !== "moved")
      return enliven(context, demand.threadId, place, (first) => planOn(call, first));
  }
  throw tooMuchMovement();
}

function planOn(
  { context, cache, checkpoint, now, operation }: PutCall,
  place: Place & { readonly checks?: readonly Write[] },
): Attempt & { readonly plan: Plan<string> } {
  const draft = draftCheckpoint(context, cache, place, checkpoint);
  const first =
    operation === undefined
      ? []
      : [operationWrite(operation, draft.id, now, context.operationTtlMs)];
  const key = checkpointKey(draft.ordinal);
  return {
    id: draft.id,
    ordinal: draft.ordinal,
    revision: place.revision,
    life: place.life.revision,
    plan: {
      writes: [...first, ...draft.writes, ...(place.checks ?? [])],
      landed: (landedAt) => draft.landed(landedAt),
      // The head was as expected, so what stands above it is none of ours.
      conflict: (error) =>
        error.key === key
          ? new StorageError("CORRUPT", `A record stands at ${key}, above the head.`, {
              cause: error,
            })
          : undefined,
    },
  };
}
