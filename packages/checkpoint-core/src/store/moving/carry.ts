import { ConflictError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import {
  type CopiedPartition,
  copyPartition,
  digestOfPartition,
  revisionOf,
  type Sides,
} from "./copy-partition.ts";
import { dropGuarded } from "./guard.ts";
import { type FoundMark, type Mark, markOf, removeMark, setMark } from "./mark.ts";

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
 * Copies a partition, unless neither side was written since it was copied; again where the source was written meanwhile. Throws `CONFLICT` for what the target has of its own or of
 * another source, and where another copy writes the partition; `CORRUPT` where what was written does not read as what was copied.
 */
export async function carryPartition(
  marks: StoreContext,
  sides: Sides,
  whose: Pick<Mark, "tenant" | "origin">,
): Promise<Carried> {
  const { source, target, now, signal } = sides;
  if ((await revisionOf(source, now)) === undefined) return { state: "nothing" };
  const mark = await markOf(marks, source, now);
  refuseOwn(source.name, whose, mark, await revisionOf(target, now));
  let expect = mark?.revision ?? ("absent" as const);
  for (let tries = 0; tries < MAX_COPIES; tries += 1) {
    signal?.throwIfAborted();
    const revision = await revisionOf(source, now);
    if (revision === undefined) return { state: "nothing" };
    if (isCopied(mark, sides, revision)) return confirm(sides, mark);
    const copying = { ...whose, state: "copying" } as const;
    expect = await setMark(marks, source, { mark: copying, expect }, now);
    const copied = await copyPartition(sides);
    if ((await revisionOf(source, now)) !== revision) continue;
    const done = await markFor(sides, whose, { revision, copied });
    await setMark(marks, source, { mark: done, expect }, now);
    return { ...copied, state: copied.renewed ? "renewed" : "copied" };
  }
  return { state: "busy" };
}

type CopiedMark = Extract<Mark, { readonly state: "copied" }>;

/** Was the source copied as it is now? */
function isCopied(mark: Mark | undefined, { root }: Sides, revision: number): mark is CopiedMark {
  return mark?.state === "copied" && mark.source === revision && mark.root === root?.to;
}

async function markFor(
  { target, now, root }: Sides,
  whose: Pick<Mark, "tenant" | "origin">,
  { revision, copied }: { readonly revision: number; readonly copied: CopiedPartition },
): Promise<CopiedMark> {
  const revisions = { source: revision, target: await revisionOf(target, now) };
  return { ...whose, state: "copied", ...revisions, ...copied, root: root?.to };
}

/** What an earlier copy of this source has brought and the source no longer has is dropped in the target; true when something was. */
export async function removeGone(
  marks: StoreContext,
  { source, target, now }: Sides,
  mark: FoundMark,
): Promise<boolean> {
  if ((await revisionOf(source, now)) !== undefined) return false;
  const there = await revisionOf(target, now);
  if (there !== undefined) refuseOwn(source.name, mark, mark, there);
  const { origin, tenant, name } = mark;
  const copying = { mark: { origin, tenant, state: "copying" }, expect: mark.revision } as const;
  const revision = await setMark(marks, source, copying, now);
  if (there !== undefined) await dropGuarded(target, now);
  await removeMark(marks, { name, revision }, now);
  return true;
}

/** Nothing is overwritten but what a copy of the same source has written. */
function refuseOwn(
  name: string,
  { origin }: Pick<Mark, "origin">,
  mark: Mark | undefined,
  there: number | undefined,
): void {
  const isOurs =
    mark?.origin === origin
      ? mark.state === "copying" || mark.target === there
      : there === undefined;
  if (!isOurs) throw notOurs(name);
}

async function confirm(
  sides: Sides,
  { records, bytes, digest, damaged, renewed }: CopiedMark,
): Promise<Carried> {
  const { source, target } = sides;
  if ((await digestOfPartition(target, sides)) !== digest) throw notOurs(source.name);
  return { state: renewed ? "renewed" : "copied", records, bytes, digest, damaged };
}

function notOurs(name: string): ConflictError {
  return new ConflictError(
    `The target has something at ${name} that this source has not brought, or it was written there since; nothing of it was overwritten.`,
    { key: name },
  );
}
