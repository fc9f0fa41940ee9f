import { splicesOfText } from "../../codec/change.ts";
import { applySplices, imageOfText, type StateImage, textOf } from "../../codec/image.ts";
import { damaged } from "./chain.ts";
import { decodeOrDamaged, isUnreadable } from "./damage.ts";
import { exceptionsWrite } from "./exceptions.ts";
import { type Checkpoint, checkpointKey, encodeCheckpoint, ordinalOf } from "./schema.ts";
import { sweepBeside } from "./sweepBeside.ts";
import { freeCheckpoints } from "./sweepFree.ts";
import { isKept, type SweepGround, type Swept, type SweepView, upwards } from "./sweepView.ts";
import { lands } from "../transact.ts";

/**
 * Frees what the exceptions name as deleted, segment by segment: what can be seen and builds on it is written whole in place first, under the same id, then what nobody needs
 * goes, the newest first, and last the exceptions forget it. Everything below `lowest` that no pin keeps is gone already. In a segment with a damaged checkpoint nobody knows what that
 * one builds on: nothing of it is freed until it is deleted too.
 */
export async function sweepDeleted(
  ground: SweepGround,
  view: SweepView,
  lowest: number,
): Promise<Swept> {
  const { deleted, pinned } = view.exceptions;
  const left: number[] = [];
  for (const [from, ordinals] of await segmentsOf(ground, view, lowest)) {
    const swept = await sweepSegment(ground, view, from);
    if (swept === "kept") left.push(...ordinals);
    else if (swept !== "done") return swept;
  }
  if (deleted.length === left.length && pinned.length === view.pinned.length) return "done";
  const gone = new Set(deleted.filter((ordinal) => !left.includes(ordinal)));
  const beside = gone.size === 0 ? "done" : await sweepBesideGone(ground, view, lowest, gone);
  if (beside !== "done") return beside;
  // The record stays, also empty: who expects it as it was must not find it absent twice.
  const after = exceptionsWrite({ pinned: view.pinned, deleted: left }, view.exceptionsRevision);
  return (await lands(ground, [after])) ? "done" : "moved";
}

/** Frees what is kept beside the deleted ones, and beside those that the policy hid and nobody needed once they were deleted: these stood below the first that is shown, or below a pinned one. */
async function sweepBesideGone(
  ground: SweepGround,
  view: SweepView,
  lowest: number,
  gone: ReadonlySet<number>,
): Promise<Swept> {
  const [first, last] = [Math.min(...gone), Math.max(...gone)];
  const isDeleted = (ordinal: number): boolean => gone.has(ordinal);
  const beside = await sweepBeside(ground, view, { first, last, isGone: isDeleted });
  if (beside !== "done") return beside;
  const pinned = view.pinned.map(({ from, ordinal }) => ({ first: from, last: ordinal - 1 }));
  for (const span of [{ first: lowest, last: view.floor }, ...pinned]) {
    if (span.first > last || span.last < span.first) continue;
    const standing = new Set<number>();
    for await (const checkpoint of upwards(ground, view, span)) {
      if (checkpoint === "moved") return "moved";
      standing.add(checkpoint.ordinal);
    }
    const isGone = (ordinal: number): boolean => !standing.has(ordinal);
    const swept = await sweepBeside(ground, view, { ...span, isGone });
    if (swept !== "done") return swept;
  }
  return "done";
}

/** Where the segments start in which something deleted still stands, and what that is. */
async function segmentsOf(
  { partition, now }: SweepGround,
  { exceptions, pinned }: SweepView,
  lowest: number,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const standing = exceptions.deleted.filter(
    (ordinal) =>
      ordinal >= lowest || pinned.some((pin) => pin.from <= ordinal && ordinal < pin.ordinal),
  );
  const { maxReadKeys } = partition.backend.limits;
  const starts = new Map<number, readonly number[]>();
  for (let start = 0; start < standing.length; start += maxReadKeys) {
    const keys = standing.slice(start, start + maxReadKeys).map(checkpointKey);
    for (const record of (await partition.read(keys, now)).values()) {
      const { from, ordinal } = decodeOrDamaged(record);
      starts.set(from, [...(starts.get(from) ?? []), ordinal]);
    }
  }
  return starts;
}

async function sweepSegment(
  ground: SweepGround,
  view: SweepView,
  from: number,
): Promise<Swept | "kept"> {
  const segment = new Map<number, Checkpoint>();
  for await (const checkpoint of upwards(ground, view, {
    first: from,
    last: view.head.tip,
    whole: true,
  })) {
    if (checkpoint === "moved") return "moved";
    if (checkpoint.from !== from && !checkpoint.damage) break;
    segment.set(checkpoint.ordinal, checkpoint);
  }
  const plan = planSegment(view, segment);
  if (plan === "kept") return "kept";
  const states = new Map<number, StateImage>();
  for (const checkpoint of plan.rewritten) {
    if (!(await ground.goOn())) return "stopped";
    const state = stateOrDamaged(segment, states, checkpoint);
    if (state && !(await lands(ground, [rewriteOf(checkpoint, state)]))) return "moved";
  }
  return freeCheckpoints(ground, view, plan.unneeded);
}

interface SegmentPlan {
  /** Kept ones whose chain meets a deleted one before a kept one, the oldest first. */
  readonly rewritten: readonly Checkpoint[];
  /** What no kept one needs once these are whole, the newest first. */
  readonly unneeded: readonly Checkpoint[];
}

function planSegment(
  view: SweepView,
  segment: ReadonlyMap<number, Checkpoint>,
): SegmentPlan | "kept" {
  const { deleted } = view.exceptions;
  const all = [...segment.values()];
  if (all.some(({ damage, ordinal }) => damage && !deleted.includes(ordinal))) return "kept";
  const rewritten: Checkpoint[] = [];
  const needed = new Set<number>();
  for (const checkpoint of all) {
    if (!isKept(view, checkpoint.ordinal)) continue;
    needed.add(checkpoint.ordinal);
    const chain = hiddenBases(view, segment, checkpoint);
    if (chain.some((ordinal) => deleted.includes(ordinal))) rewritten.push(checkpoint);
    else for (const ordinal of chain) needed.add(ordinal);
  }
  const unneeded = all.filter(({ ordinal }) => !needed.has(ordinal)).toReversed();
  return { rewritten, unneeded };
}

/** What a checkpoint builds on, down to the first that is kept, or to the whole one. */
function hiddenBases(
  view: SweepView,
  segment: ReadonlyMap<number, Checkpoint>,
  checkpoint: Checkpoint,
): readonly number[] {
  const chain: number[] = [];
  for (let at = baseOf(checkpoint); at !== undefined && !isKept(view, at); ) {
    chain.push(at);
    const base = segment.get(at);
    at = base && baseOf(base);
  }
  return chain;
}

/** The state, or `undefined` for a checkpoint that builds on a damaged one: it has none any more. */
function stateOrDamaged(
  ...[segment, states, checkpoint]: Parameters<typeof stateOf>
): StateImage | undefined {
  try {
    return stateOf(segment, states, checkpoint);
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** The state of a checkpoint from the records of its segment. Throws `CORRUPT`. */
function stateOf(
  segment: ReadonlyMap<number, Checkpoint>,
  states: Map<number, StateImage>,
  checkpoint: Checkpoint,
): StateImage {
  const chain: Checkpoint[] = [];
  let below: StateImage | undefined;
  for (let at: Checkpoint | undefined = checkpoint; ; ) {
    below = states.get(at.ordinal);
    if (below) break;
    chain.push(at);
    const base = baseOf(at);
    if (base === undefined) break;
    const next = segment.get(base);
    if (next === undefined || next.id !== at.base || base >= at.ordinal)
      throw damaged(checkpoint.id);
    at = next;
  }
  let state = below;
  for (const one of chain.toReversed())
    state = state ? applySplices(state, splicesOfText(one.body())) : imageOfText(one.body());
  if (!state) throw damaged(checkpoint.id);
  states.set(checkpoint.ordinal, state);
  return state;
}

function rewriteOf(checkpoint: Checkpoint, state: StateImage): Parameters<typeof lands>[1][number] {
  const { ordinal, revision, firstRevision } = checkpoint;
  const value = encodeCheckpoint({ ...checkpoint, base: undefined }, textOf(state), firstRevision);
  return { op: "put", key: checkpointKey(ordinal), value, expect: revision };
}

function baseOf({ base }: Checkpoint): number | undefined {
  return base === undefined ? undefined : ordinalOf(base);
}
