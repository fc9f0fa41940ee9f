import type { Write } from "../../backend/contract.ts";
import type { UserChange } from "../../codec/change.ts";
import { type StateImage, valueOf } from "../../codec/image.ts";
import type { StoreContext } from "../context.ts";
import type { Draft, Part } from "../part.ts";
import type { Snapshot } from "../partition.ts";
import { copyMetadata } from "./arguments.ts";
import type { CheckpointCache } from "./cache.ts";
import { draftCheckpoint, type Place } from "./draft.ts";
import { exceptionsWrite, unpinWrite, withoutPin, withPin } from "./exceptions.ts";
import type { Demand, Ground } from "./ground.ts";
import { ownId, withOwnParent } from "./names.ts";
import { demandKeys, enliven, type FoundPlace, settlePlace } from "./place.ts";
import { readState } from "./read.ts";
import { EXCEPTIONS } from "./schema.ts";
import { changedState, wholeState } from "./source.ts";

/** A checkpoint that is written together with other records of its thread. It becomes the head. */
export type CheckpointInput = CheckpointCompany &
  (
    | { readonly state: unknown; readonly parentId?: string }
    | { readonly parentId: string; readonly changes: readonly UserChange[] }
  );

interface CheckpointCompany {
  readonly threadId: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Stored in the record, so that the checkpoint's id alone finds the run. */
  readonly run?: { readonly id: string; readonly life: number };
  /** Keeps the checkpoint whatever the policy, as of the same write. */
  readonly pin?: boolean;
  /** The checkpoint whose pin goes in the same write; nothing happens where it has none. */
  readonly unpin?: string;
  /** Must `parentId` be the head? False when not given: a run goes on from its own checkpoint, whatever was put meanwhile. */
  readonly parentIsHead?: boolean;
}

/** A checkpoint's share of a write. The id is known before the write lands, so that other records of it can name the checkpoint. */
export interface CheckpointPart extends Part<string> {
  /** `unpin` takes the place of the input's, where it is not known before what was read. */
  draft(snapshot: Snapshot, unpin?: string): Promise<Draft<string> & { readonly id: string }>;
}

/**
 * The share of a checkpoint in a commit: its head, its record and the exceptions, each held to what was read. The state is copied when this is called, and refused there
 * when it cannot be kept. The commit adds the operation record, and merges the check of the thread's life with those of the other parts.
 */
export function checkpointPart(
  context: StoreContext,
  cache: CheckpointCache,
  input: CheckpointInput,
  now: number,
): CheckpointPart {
  const partition = context.thread(input.threadId);
  const ground: Ground = { context, cache, partition, now };
  const demand = demandOf(input);
  const checkpoint = { metadata: copyMetadata(input.metadata), run: input.run, now };
  return {
    keys: demandKeys(demand),
    async draft(snapshot, unpin = input.unpin) {
      const own = await withOwnParent(ground, demand);
      const seen = own === demand ? snapshot : await partition.read(demandKeys(own), now);
      const found = await settlePlace(ground, own, seen);
      const draftOn = (place: Place) => draftCheckpoint(context, cache, place, checkpoint);
      const place = await enliven(context, input.threadId, found, draftOn);
      const draft = draftOn(place);
      return {
        ...draft,
        writes: [...draft.writes, ...exceptionsOf(place, { pin: input.pin, unpin }, draft)],
      };
    },
  };
}

/** The share that only takes the pin of a checkpoint out; nothing is written where it has none. */
export function unpinPart(checkpointId: string): Part<void> {
  return {
    keys: [EXCEPTIONS],
    async draft(snapshot) {
      const write = unpinWrite(snapshot, checkpointId);
      return { writes: write ? [write] : [], landed: () => undefined };
    },
  };
}

/** The state of a checkpoint that can be seen, as a copy of the caller's own; a pinned one also when the policy hides it. `undefined` where there is none. */
export async function checkpointState(
  context: StoreContext,
  cache: CheckpointCache,
  threadId: string,
  checkpointId: string,
  now: number,
): Promise<{ readonly state: unknown } | undefined> {
  const partition = context.thread(threadId);
  const ground = { context, cache, partition, now };
  const image: StateImage | undefined = await readState(ground, await ownId(ground, checkpointId));
  return image && { state: valueOf(image) };
}

function demandOf(input: CheckpointInput): Demand {
  const { threadId, parentId, parentIsHead = false } = input;
  // The parent's state is not looked up in the cache before its owner is known.
  const source =
    "changes" in input ? changedState(input.changes, undefined) : wholeState(input.state);
  return { threadId, parentId, parentIsHead, expectedHead: undefined, name: undefined, source };
}

/** One entry for the exceptions at most: a pin put or taken, or else the check that the place needs. */
function exceptionsOf(
  { view, checks }: FoundPlace,
  { pin = false, unpin }: { readonly pin: boolean | undefined; readonly unpin: string | undefined },
  { ordinal, from }: { readonly ordinal: number; readonly from: number },
): readonly Write[] {
  const left = unpin === undefined ? undefined : withoutPin(view.exceptions, unpin);
  if (!pin && !left) return checks;
  const kept = left ?? view.exceptions;
  const after = pin ? withPin(kept, ordinal, from) : kept;
  return [exceptionsWrite(after, view.exceptionsRevision)];
}
