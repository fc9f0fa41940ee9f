import type { Write } from "../../backend/contract.ts";
import type { StateImage } from "../../codec/image.ts";
import { ConflictError, ContentionError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Partition, Snapshot } from "../partition.ts";
import { ensureThread, LIFE, type Life } from "../life/life.ts";
import { damaged, loadCheckpoint, loadImage, wantedTip } from "./chain.ts";
import { isUnreadable } from "./damage.ts";
import type { Place } from "./draft.ts";
import { exceptionsCheck } from "./exceptions.ts";
import type { Demand, Ground } from "./ground.ts";
import { nameKey } from "./names.ts";
import { newestVisible } from "./newest.ts";
import { noParent, notHead, refusalOf } from "./refusal.ts";
import { type Checkpoint, checkpointKey, EXCEPTIONS, HEAD, ordinalOf } from "./schema.ts";
import { isInSegment, noHead } from "./segment.ts";
import type { PlannedState, StateSource } from "./source.ts";
import { type View, sameView, tipIn, viewIn, viewKeys, visibleIn } from "./view.ts";

/** A place found by reading, with what else the write has to hold. */
export interface FoundPlace extends Omit<Place, "life"> {
  /** `undefined` where the thread has to be made. */
  readonly life: Life | undefined;
  readonly view: View;
  /** Holds the exceptions unmoved, where the head was found by looking below the tip. */
  readonly checks: readonly Write[];
}

/** What a cold plan reads first, in one read. */
export function demandKeys({ parentId, name }: Demand): readonly string[] {
  const ordinal = parentId === undefined ? undefined : ordinalOf(parentId);
  const parent = ordinal === undefined ? [] : [checkpointKey(ordinal)];
  return [LIFE, HEAD, EXCEPTIONS, ...parent, ...(name === undefined ? [] : [nameKey(name)])];
}

/**
 * The place that a demand finds in what was read; `"moved"` where further reads show that it is true no more: read again. Refuses by way of `refuse`, with
 * `NOT_FOUND` for a parent that cannot be seen and a `ConflictError` for a head that is not the one expected.
 */
export async function findPlace(
  ground: Ground,
  demand: Demand,
  snapshot: Snapshot,
  refuse: (view: View, error: StorageError) => StorageError = (_view, error) => error,
): Promise<FoundPlace | "moved"> {
  const { context, partition, now } = ground;
  const view = viewIn(context, snapshot, now);
  if (!view.life) return firstPlace(ground, demand, view);
  const parent = parentIn(demand, snapshot, view);
  const head = await currentHead(ground, view);
  const refusal = refusalOf(demand, parent, head);
  if (refusal && !(await isCertain(ground, view, head))) return "moved";
  if (refusal) throw refuse(view, refusal);
  const planned = await planState(ground, demand.source, parent, view);
  if (planned === "moved") return "moved";
  return {
    ...placeOf(partition, view, planned),
    parentId: demand.parentId ?? head.id,
    parentName: parent ? parent.name : head.name,
    nameSeen: nameSeenIn(demand, snapshot),
    checks: standingChecks(view, parent, head),
  };
}

function nameSeenIn({ name }: Demand, snapshot: Snapshot): number {
  return name === undefined ? 0 : (snapshot.get(nameKey(name))?.revision ?? 0);
}

/** Holds the exceptions where the head's revision does not tell that the parent stands and the head is the head. */
function standingChecks(
  view: View,
  parent: Checkpoint | undefined,
  { searched }: CurrentHead,
): readonly Write[] {
  const isHeld = !searched && (parent === undefined || isHeldByHead(view, parent));
  return isHeld ? [] : [exceptionsCheck(view.exceptionsRevision)];
}

/** The same with a fresh read of its own whenever the place has moved. */
export async function settlePlace(
  ground: Ground,
  demand: Demand,
  first: Snapshot,
): Promise<FoundPlace> {
  let snapshot = first;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const place = await findPlace(ground, demand, snapshot);
    if (place !== "moved") return place;
    snapshot = await ground.partition.read(demandKeys(demand), ground.now);
  }
  throw tooMuchMovement();
}

/** The place with the thread's life, which begins here if need be: only once `draft` has refused what cannot be stored there. */
export async function enliven(
  context: StoreContext,
  threadId: string,
  place: FoundPlace,
  draft: (place: Place) => unknown,
): Promise<Place & FoundPlace & { readonly life: Life }> {
  const { life } = place;
  if (life) return { ...place, life };
  draft({ ...place, life: { revision: 0, createdAt: 0 } });
  return { ...place, life: await ensureThread(context, threadId) };
}

/** Reads of one call before it gives up. */
export const MAX_TRIES = 100;

export function tooMuchMovement(): ContentionError {
  return new ContentionError(
    `The thread's checkpoints changed during each of ${MAX_TRIES} reads; nothing was written.`,
  );
}

/** A thread that is not there yet can be made, unless the call names something in it. One that was dropped is `DELETED` either way. */
async function firstPlace(
  { partition, now }: Ground,
  demand: Demand,
  view: View,
): Promise<FoundPlace | "moved"> {
  const { parentId, expectedHead } = demand;
  const planned = demand.source.alone();
  if (planned && parentId === undefined && (expectedHead ?? null) === null)
    return { ...placeOf(partition, view, planned), checks: [] };
  try {
    await partition.write([{ op: "check", key: LIFE, expect: "absent" }], now);
  } catch (error) {
    if (error instanceof ConflictError) return "moved";
    throw error;
  }
  throw parentId === undefined ? notHead(expectedHead, undefined) : noParent(parentId);
}

function placeOf({ name }: Partition, view: View, state: PlannedState): Omit<FoundPlace, "checks"> {
  const { head } = view;
  const revision = head?.revision ?? 0;
  return {
    partition: name,
    life: view.life,
    head: head ?? noHead,
    revision,
    parentId: undefined,
    parentName: undefined,
    nameSeen: 0,
    state,
    view,
  };
}

function parentIn({ parentId }: Demand, snapshot: Snapshot, view: View): Checkpoint | undefined {
  const ordinal = parentId === undefined ? undefined : ordinalOf(parentId);
  const record = ordinal === undefined ? undefined : snapshot.get(checkpointKey(ordinal));
  return parentId === undefined ? undefined : visibleIn(view, record, parentId);
}

/** Whether a deletion of the checkpoint moves the head, so that a write which holds the head needs no more to know that it stands. */
function isHeldByHead({ head }: View, { ordinal }: Checkpoint): boolean {
  return head?.from !== undefined && ordinal >= head.from;
}

interface CurrentHead {
  readonly id: string | undefined;
  readonly name: string | undefined;
  /** Was it looked for below the tip? */
  readonly searched: boolean;
}

/** What was found below the tip may be of another time than the rest: only what was so at one instant refuses. */
async function isCertain(
  { context, partition, now }: Ground,
  view: View,
  { searched }: CurrentHead,
): Promise<boolean> {
  if (!searched) return true;
  return sameView(view, viewIn(context, await partition.read(viewKeys(context), now), now));
}

/** Looked for below the tip, it is the head only as long as head and exceptions stay as they were read: the write checks both. */
async function currentHead({ partition }: Ground, view: View): Promise<CurrentHead> {
  const tip = tipIn(view);
  if (tip || !view.head) return { id: tip?.id, name: tip?.name, searched: false };
  const { found } = await newestVisible(partition, view, { limit: 1 });
  return { id: found[0]?.id, name: found[0]?.name, searched: true };
}

/** The state: on its parent's, which is read where it is not at hand; or alone, where it cannot be stored as a change. */
async function planState(
  ground: Ground,
  source: StateSource,
  parent: Checkpoint | undefined,
  view: View,
): Promise<PlannedState | "moved"> {
  const planned = source.planned();
  if (planned) return planned;
  const based = source.isWhole ? await onBase(ground, source, parent, view) : undefined;
  const found = based ?? source.alone();
  if (found) return found;
  if (!parent) throw new StorageError("NOT_FOUND", "A change needs a parent to stand on.");
  const { cache, partition, now } = ground;
  const image = await loadCheckpoint(partition, cache, parent, view);
  if (image !== "gap") return source.on(image);
  const key = checkpointKey(parent.ordinal);
  const again = (await partition.read([key], now)).get(key);
  if (again?.revision === parent.revision) throw damaged(parent.id);
  return "moved";
}

/** Bytes of a range up to which writing a state whole takes less than a scan for its base: it would save no more than a record's overhead or two. */
const SMALL_STATE = 1024;

/**
 * A whole state as a change on its parent's, where it can be stored as one; the parent is read if it is not at hand. A parent that cannot be read is no obstacle: the
 * state is written whole, and the thread can be used again.
 */
async function onBase(
  ground: Ground,
  source: StateSource,
  parent: Checkpoint | undefined,
  view: View,
): Promise<PlannedState | undefined> {
  const { cache, partition } = ground;
  const { head } = view;
  const id = parent?.id ?? tipIn(view)?.id;
  if (id === undefined || !head || !isInSegment(head, id)) return undefined;
  const cached = cache.state(partition.name, id);
  if (cached) return source.on(cached.image);
  if (head.weight <= SMALL_STATE) return undefined;
  const image = await loadBase(ground, parent, view);
  return image && source.on(image);
}

async function loadBase(
  { cache, partition, now }: Ground,
  parent: Checkpoint | undefined,
  view: View,
): Promise<StateImage | undefined> {
  const tip = tipIn(view);
  try {
    const image = await (parent
      ? loadCheckpoint(partition, cache, parent, view)
      : tip && loadImage(partition, cache, wantedTip(tip, view), now));
    return image === "gap" ? undefined : image;
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
