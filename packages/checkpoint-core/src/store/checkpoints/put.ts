import type { Write } from "../../backend/contract.ts";
import { ConflictError, isStorageError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { doneIn, type Operation, operationKeys, operationWrites } from "../operation.ts";
import type { OpenRecord, Snapshot } from "../partition.ts";
import { lifeIn } from "../life/life.ts";
import { type Plan, transact } from "../transact.ts";
import type { CachedHead, CachedState } from "./cache.ts";
import { loadCheckpoint } from "./chain.ts";
import { draftCheckpoint, type NewCheckpoint, type Place } from "./draft.ts";
import type { Demand, Ground } from "./ground.ts";
import { type Attempt, LostAttempts, mayHaveLanded } from "./lost.ts";
import { decodeName, nameKey, withOwnParent } from "./names.ts";
import { demandKeys, enliven, findPlace, MAX_TRIES, tooMuchMovement } from "./place.ts";
import { checkpointKey, type Head, ordinalOf } from "./schema.ts";
import { isInSegment } from "./segment.ts";
import type { PlannedState, StateSource } from "./source.ts";
import { type View, isPast, viewIn, visibleIn } from "./view.ts";

/** One call that puts a checkpoint. */
export interface PutCall extends Ground {
  readonly demand: Demand;
  readonly checkpoint: NewCheckpoint;
  readonly operation: Operation | undefined;
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
  const parentId = knownParent(demand, head);
  if (!isWarmHead(demand, head, now)) return undefined;
  if (parentId !== head.id && !isWarmBranch({ cache, partition, demand, now }, seen))
    return undefined;
  const parent = cache.state(partition.name, parentId);
  const state = warmState(demand.source, head, parentId, parent);
  const parentName = parentId === head.id ? head.name : parent?.name;
  const { name } = partition;
  const place = { partition: name, life, head, revision, parentId, parentName, nameSeen: 0 };
  return state && { ...place, state };
}

/** The parent under the store's id, as far as the head tells: any other name has to be looked up. */
function knownParent({ parentId }: Demand, { id, name }: Head): string {
  return parentId === undefined || parentId === name ? id : parentId;
}

function isWarmHead({ expectedHead }: Demand, head: Head, now: number): boolean {
  const isExpected =
    expectedHead === undefined || [head.id, head.name].includes(expectedHead ?? "");
  return isExpected && !isPast(head.expires, now);
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
  const { context, partition, now, operation } = call;
  const demand = await withOwnParent(call, call.demand);
  const keys = [...operationKeys(operation), ...demandKeys(demand), ...lost.keys];
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const snapshot = await partition.read(keys, now);
    lifeIn(context, snapshot);
    const answer = await answerIn(call, lost, snapshot);
    if (answer === moved) continue;
    if (answer !== undefined) return { answer };
    const place = await findPlace(call, demand, snapshot, (view, error) =>
      lost.refusal(view, error),
    );
    if (place !== "moved")
      return enliven(context, demand.threadId, place, (first) => planOn(call, first));
  }
  throw tooMuchMovement();
}

/** What was read is true no more. */
const moved = Symbol("moved");

/** The id under which the call has landed already: by its operation, by an attempt that was lost, or by another call for the same. */
async function answerIn(
  call: PutCall,
  lost: LostAttempts,
  snapshot: Snapshot,
): Promise<string | typeof moved | undefined> {
  const { context, demand, now, operation } = call;
  const done = doneIn(snapshot, operation);
  if (done) return decodeAnswer(done);
  const view = viewIn(context, snapshot, now);
  const landed = lost.none ? undefined : lost.landed(snapshot, view);
  if (landed !== undefined) return demand.name ?? landed;
  return demand.name === undefined ? undefined : namesake(call, view, snapshot);
}

/** The id in an operation's record. Throws `CORRUPT`. */
function decodeAnswer(record: OpenRecord): string {
  const answer = record.value();
  if (typeof answer === "string") return answer;
  throw new StorageError("CORRUPT", `What is stored under ${record.key} is no checkpoint's id.`);
}

/** The name, where the checkpoint that has it already holds this very state; a `ConflictError` where it holds another. One that is gone has lost its name. */
async function namesake(
  ground: PutCall,
  view: View,
  snapshot: Snapshot,
): Promise<string | typeof moved | undefined> {
  const { partition, cache, now, demand } = ground;
  const { name = "", source } = demand;
  const record = snapshot.get(nameKey(name));
  if (!record) return undefined;
  const id = decodeName(record);
  const key = checkpointKey(ordinalOf(id) ?? 0);
  const found = visibleIn(view, (await partition.read([key], now)).get(key), id);
  if (!found) return undefined;
  const image = source.isWhole && (await loadCheckpoint(partition, cache, found, view));
  if (image === "gap") return moved;
  if (image && source.on(image).splices?.length === 0) return name;
  throw new ConflictError(
    `There is a checkpoint ${name.slice(0, 100)} already, with another state; nothing was written.`,
    { key: record.key },
  );
}

function planOn(
  { context, cache, checkpoint, now, operation }: PutCall,
  place: Place & { readonly checks?: readonly Write[] },
): Attempt & { readonly plan: Plan<string> } {
  const draft = draftCheckpoint(context, cache, place, checkpoint);
  const answer = checkpoint.name ?? draft.id;
  const first = operationWrites(operation, answer, now, context.operationTtlMs);
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
