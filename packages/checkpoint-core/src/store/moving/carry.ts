import { ConflictError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { copyPartition, digestOfPartition, revisionOf, type Sides } from "./copy-partition.ts";
import { type Mark, markOf, removeMark, setMark } from "./mark.ts";

/** What became of a partition: it is in the target as it is in the source (`renewed`: with another life), there is nothing to copy, or it was being written all the time. */
export type Carried =
  | {
      readonly state: "copied" | "renewed";
      readonly records: number;
      readonly bytes: number;
      readonly digest: string;
      readonly damaged: readonly string[];
    }
  | { readonly state: "nothing" | "busy" };

/** How often a partition is copied again because it was written meanwhile, before it counts as busy. */
const MAX_COPIES = 5;

/**
 * Copies a partition, unless neither side was written since it was copied; again where the source was written meanwhile. Throws `CONFLICT` for what the target has of its own,
 * and `CORRUPT` where what was written does not read as what was copied.
 */
export async function carryPartition(
  marks: StoreContext,
  sides: Sides,
  tenant: string | undefined,
): Promise<Carried> {
  const { source, target, now, signal } = sides;
  const mark = await markOf(marks, source, now);
  refuseOwn(source.name, mark, await revisionOf(target, now));
  for (let tries = 0; tries < MAX_COPIES; tries += 1) {
    signal?.throwIfAborted();
    const revision = await revisionOf(source, now);
    if (revision === undefined) return { state: "nothing" };
    if (mark?.state === "copied" && mark.source === revision) return confirm(sides, mark);
    await setMark(marks, source, { state: "copying", tenant }, now);
    const { renewed, ...copied } = await copyPartition(sides);
    if ((await revisionOf(source, now)) !== revision) continue;
    const revisions = { source: revision, target: await revisionOf(target, now) };
    await setMark(marks, source, { state: "copied", tenant, ...revisions, ...copied }, now);
    return { state: renewed ? "renewed" : "copied", ...copied };
  }
  return { state: "busy" };
}

/** What an earlier copy has brought and the source no longer has is dropped in the target; true when something was. */
export async function removeGone(
  marks: StoreContext,
  { source, target, now }: Sides,
  mark: Mark,
): Promise<boolean> {
  if ((await revisionOf(source, now)) !== undefined) return false;
  const there = await revisionOf(target, now);
  if (there !== undefined) {
    refuseOwn(source.name, mark, there);
    await target.drop(now);
  }
  await removeMark(marks, source.name, now);
  return true;
}

/** Nothing is overwritten but what a copy has written. */
function refuseOwn(name: string, mark: Mark | undefined, there: number | undefined): void {
  const isOurs = mark?.state === "copied" ? mark.target === there : mark?.state === "copying";
  if (!isOurs && (mark !== undefined || there !== undefined)) throw notOurs(name);
}

async function confirm(
  sides: Sides,
  { records, bytes, digest, damaged }: Extract<Mark, { readonly state: "copied" }>,
): Promise<Carried> {
  const { source, target } = sides;
  if ((await digestOfPartition(target, sides)) !== digest) throw notOurs(source.name);
  return { state: "copied", records, bytes, digest, damaged };
}

function notOurs(name: string): ConflictError {
  return new ConflictError(
    `The target has something of its own at ${name}, or it was written there since it was copied; nothing of it was overwritten.`,
    { key: name },
  );
}
