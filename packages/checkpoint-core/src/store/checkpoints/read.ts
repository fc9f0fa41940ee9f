import type { StateImage } from "../../codec/image.ts";
import { StorageError } from "../../errors.ts";
import type { Snapshot } from "../partition.ts";
import { damaged, loadCheckpoint, loadImage, wantedTip } from "./chain.ts";
import type { CheckpointDamage, CheckpointRecord } from "./contract.ts";
import type { Ground } from "./ground.ts";
import { ownId } from "./names.ts";
import { newestVisible } from "./newest.ts";
import { MAX_TRIES, tooMuchMovement } from "./place.ts";
import { type Checkpoint, checkpointKey, decodeCheckpoint, ordinalOf } from "./schema.ts";
import { type View, sameView, tipIn, viewIn, viewKeys, visibleIn } from "./view.ts";

/** The state of a checkpoint: of any that can be seen, so also of one that the policy hides and a run has pinned. */
export async function readState(
  ground: Ground,
  checkpointId: string,
): Promise<StateImage | undefined> {
  const { cache, partition, now } = ground;
  return untilStill(async () => {
    const { view, found } = await findById(ground, checkpointId);
    if (!found) return undefined;
    const image = await loadCheckpoint(partition, cache, found, view);
    if (image !== "gap") return image;
    const key = checkpointKey(found.ordinal);
    const again = (await partition.read([key], now)).get(key);
    if (!again) return undefined;
    if (again.revision === found.revision) throw damaged(checkpointId);
    return "moved";
  });
}

/** The head's state. */
export async function readHead(ground: Ground): Promise<StateImage | undefined> {
  const { cache, partition, now } = ground;
  return untilStill(async () => {
    const view = await readView(ground);
    const tip = tipIn(view);
    if (!tip) return readBelowTip(ground, view);
    const { id, from } = tip;
    const image = await loadImage(partition, cache, wantedTip(tip, view), now);
    if (image !== "gap") return image;
    const again = (await readView(ground)).head;
    if (again?.id === id && again.from === from) throw damaged(id);
    return "moved";
  });
}

async function readBelowTip(ground: Ground, view: View): Promise<StateImage | undefined | "moved"> {
  const { cache, partition } = ground;
  const { found } = await newestVisible(partition, view, { limit: 1 });
  const image = found[0] && (await loadCheckpoint(partition, cache, found[0], view));
  if (!sameView(view, await readView(ground))) return "moved";
  if (image === "gap") throw damaged(found[0]?.id ?? "");
  return image;
}

/** The record of a checkpoint, or of the head. */
export async function readRecord(
  ground: Ground,
  checkpointId: string | undefined,
): Promise<Checkpoint | undefined> {
  if (checkpointId !== undefined) return (await findById(ground, checkpointId)).found;
  let guess: { readonly id: string; readonly tip: number } | undefined;
  return untilStill(async () => {
    const { view, snapshot } = await readWith(ground, guess ? [checkpointKey(guess.tip)] : []);
    // It was the head as this read began: what was put since does not keep a reader from coming to an end.
    const found = guess && standingIn(snapshot, guess);
    if (found) return found;
    const tip = tipIn(view);
    if (!tip) return recordBelowTip(ground, view);
    if (guess?.id === tip.id) throw damaged(tip.id);
    guess = tip;
    return "moved";
  });
}

function standingIn(
  snapshot: Snapshot,
  { id, tip }: { readonly id: string; readonly tip: number },
): Checkpoint | undefined {
  const record = snapshot.get(checkpointKey(tip));
  const found = record && decodeCheckpoint(record);
  return found?.id === id ? found : undefined;
}

async function recordBelowTip(
  ground: Ground,
  view: View,
): Promise<Checkpoint | undefined | "moved"> {
  const { found } = await newestVisible(ground.partition, view, { limit: 1 });
  if (!sameView(view, await readView(ground))) return "moved";
  if (found[0]?.damage) throw found[0].damage;
  return found[0];
}

/** The newest that can be seen, as they were at one instant. */
export async function listCheckpoints(
  ground: Ground,
  { limit, before }: { readonly limit: number; readonly before: string | undefined },
): Promise<readonly Checkpoint[]> {
  const below = before === undefined ? undefined : ordinalOf(await ownId(ground, before));
  if (before !== undefined && below === undefined)
    throw new StorageError("NOT_FOUND", `There is no checkpoint ${before.slice(0, 100)}.`);
  return untilStill(async () => {
    const view = await readView(ground);
    const page = { limit, heads: true, ...(below === undefined ? {} : { below }) };
    const { found, torn } = await newestVisible(ground.partition, view, page);
    if (torn && !sameView(view, await readView(ground))) return "moved";
    return found;
  });
}

/** What a reader is told of a record that cannot be read. */
function damageOf({ code }: StorageError): CheckpointDamage {
  const told = ["INCOMPATIBLE", "KEY_MISSING", "WRONG_KEY", "PLAINTEXT"] as const;
  return told.find((one) => one === code) ?? "CORRUPT";
}

/** A record as users see it. */
export function recordOf(threadId: string, checkpoint: Checkpoint): CheckpointRecord {
  const { id, name, parentId, parentName, createdAt, version, size, expires } = checkpoint;
  const { metadata, run, forkedFrom, damage } = checkpoint;
  return {
    id: name ?? id,
    threadId,
    parentId: parentName ?? parentId ?? null,
    createdAt: new Date(createdAt),
    agentSnapshotVersion: version,
    sizeBytes: size,
    ...(expires === undefined ? {} : { expiresAt: new Date(expires) }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(run === undefined ? {} : { run }),
    ...(forkedFrom === undefined ? {} : { forkedFrom }),
    ...(damage === undefined ? {} : { damaged: damageOf(damage) }),
  };
}

async function findById(
  ground: Ground,
  checkpointId: string,
): Promise<{ readonly view: View; readonly found: Checkpoint | undefined }> {
  const ordinal = ordinalOf(checkpointId);
  const key = ordinal === undefined ? undefined : checkpointKey(ordinal);
  const { view, snapshot } = await readWith(ground, key === undefined ? [] : [key]);
  const record = key === undefined ? undefined : snapshot.get(key);
  return { view, found: visibleIn(view, record, checkpointId) };
}

async function readView(ground: Ground): Promise<View> {
  return (await readWith(ground, [])).view;
}

async function readWith(
  { context, partition, now }: Ground,
  keys: readonly string[],
): Promise<{ readonly view: View; readonly snapshot: Snapshot }> {
  const snapshot = await partition.read([...viewKeys(context), ...keys], now);
  return { view: viewIn(context, snapshot, now), snapshot };
}

/** Reads until an answer was true at one instant. */
async function untilStill<T>(read: () => Promise<T | "moved">): Promise<T> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const answer = await read();
    if (answer !== "moved") return answer;
  }
  throw tooMuchMovement();
}
