import type { Write } from "../../backend/contract.ts";
import { exceptionsWrite, withDeletion } from "./exceptions.ts";
import { headWithout } from "./remove.ts";
import { hasExpiredForAll } from "./retention.ts";
import { type Checkpoint, checkpointKey, encodeHead, HEAD } from "./schema.ts";
import { isKept, type SweepGround, type SweepView, upwards } from "./sweepView.ts";
import { lands } from "../transact.ts";

/** What became of the expired ones: there were none, they are named now, or something has moved meanwhile. */
export type Named = "none" | "named" | "moved" | "stopped";

/**
 * Takes checkpoints that have expired for everybody for deleted, as many as fit, in one write as `delete` makes it: from then on no clock brings one back, and the sweep
 * may free them. Pinned ones do not expire.
 */
export async function nameExpired(ground: SweepGround, view: SweepView): Promise<Named> {
  const { maxWrites } = ground.partition.backend.limits;
  const expired: Checkpoint[] = [];
  for await (const checkpoint of upwards(ground, view, {
    first: view.floor + 1,
    last: view.head.tip,
  })) {
    if (checkpoint === "moved") return "moved";
    if (isDue(ground, view, checkpoint)) expired.push(checkpoint);
    if (expired.length >= Math.min(MAX_NAMED, maxWrites - 2)) break;
  }
  if (expired.length === 0) return "none";
  if (!(await ground.goOn())) return "stopped";
  return (await lands(ground, namingOf(view, expired))) ? "named" : "moved";
}

/** Checkpoints named in one write: the record of exceptions stays small. */
const MAX_NAMED = 100;

function isDue({ now }: SweepGround, view: SweepView, { ordinal, expires }: Checkpoint): boolean {
  if (!isKept(view, ordinal) || !hasExpiredForAll(expires, now)) return false;
  return !view.pinned.some((pin) => pin.ordinal === ordinal);
}

function namingOf(
  { head, exceptions, exceptionsRevision }: SweepView,
  expired: readonly Checkpoint[],
): readonly Write[] {
  let after: typeof head | undefined;
  let named = exceptions;
  for (const { ordinal } of expired) {
    const { revision } = head;
    const closed = headWithout(after ?? head, ordinal);
    if (closed) after = { ...closed, revision };
    named = withDeletion(named, ordinal);
  }
  const checks = expired.map(
    ({ ordinal, revision }): Write => ({
      op: "check",
      key: checkpointKey(ordinal),
      expect: revision,
    }),
  );
  const closing: readonly Write[] = after
    ? [{ op: "put", key: HEAD, value: encodeHead(after), expect: head.revision }]
    : [];
  return [...checks, ...closing, exceptionsWrite(named, exceptionsRevision)];
}
