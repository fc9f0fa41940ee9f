import type { Write } from "../../backend/contract.ts";
import { LIFE } from "../life/life.ts";
import { attachmentOrdinal, attachmentsBetween } from "./attachments.ts";
import { type SweepGround, type Swept, type SweepView } from "./sweepView.ts";
import { lands } from "../transact.ts";

/** Records of one write. */
const BATCH = 100;

/**
 * Frees what is kept beside checkpoints of a range whose records are gone, those that a sweep has left which was cut short among them. Held to the life: the ordinals
 * of a later one are others.
 */
export async function sweepBeside(
  ground: SweepGround,
  { lifeRevision }: SweepView,
  {
    first,
    last,
    isGone,
  }: {
    readonly first: number;
    readonly last: number;
    readonly isGone: (ordinal: number) => boolean;
  },
): Promise<Swept> {
  const { partition, now } = ground;
  const deletes: Write[] = [];
  for await (const { key, revision } of attachmentsBetween(partition, first, last, now))
    if (isGone(attachmentOrdinal(key))) deletes.push({ op: "delete", key, expect: revision });
  const expect = lifeRevision === 0 ? "absent" : lifeRevision;
  const room = Math.min(BATCH, partition.backend.limits.maxWrites - 1);
  for (let start = 0; start < deletes.length; start += room) {
    if (!(await ground.goOn())) return "stopped";
    const some = deletes.slice(start, start + room);
    if (!(await lands(ground, [{ op: "check", key: LIFE, expect }, ...some]))) return "moved";
  }
  return "done";
}
