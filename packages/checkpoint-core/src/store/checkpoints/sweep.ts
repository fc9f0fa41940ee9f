import { ContentionError } from "../../errors.ts";
import { checkpointRange } from "./schema.ts";
import { sweepDeleted } from "./sweepDeleted.ts";
import { type Named, nameExpired } from "./sweepExpired.ts";
import { freeSpan, gapsBelow } from "./sweepFree.ts";
import {
  headsOf,
  lookAt,
  type SweepGround,
  type Swept,
  type SweepView,
  upwards,
} from "./sweepView.ts";

/** What a sweep looks for beside what is hidden. */
export interface SweepOptions {
  /** Also what has expired: it reads the records of all that is shown. */
  readonly expired?: boolean;
}

/** How often a sweep looks again because something has moved, before it gives up for now. */
const MAX_MOVES = 100;

/**
 * What no checkpoint that can be seen needs is freed: everything below the segment of the oldest one shown, but for the ranges of pinned ones; what has expired for everybody;
 * and what was deleted, after those that build on it are whole. Safe anywhere, any time, several at once, and cut short at any call: it writes nothing that a put writes (but to
 * name what has expired), and readers never miss a base. False when it was told to stop before the end. Throws `ContentionError` when pins and deletions never stood still.
 */
export async function sweepCheckpoints(
  ground: SweepGround,
  { expired = false }: SweepOptions = {},
): Promise<boolean> {
  for (let moves = 0; moves < MAX_MOVES; ) {
    if (!(await ground.goOn())) return false;
    const view = await lookAt(ground);
    if (!view) return true;
    const swept = await sweepOnce(ground, view, expired);
    if (swept === "done" || swept === "stopped") return swept === "done";
    if (swept === "moved") moves += 1;
  }
  throw new ContentionError(
    `A thread's pins and deletions changed during each of ${MAX_MOVES} looks.`,
  );
}

async function sweepOnce(
  ground: SweepGround,
  view: SweepView,
  expired: boolean,
): Promise<Swept | Named> {
  const named = expired ? await nameExpired(ground, view) : "none";
  if (named !== "none") return named;
  const lowest = await lowestShown(ground, view);
  if (lowest === "moved") return "moved";
  for (const gap of gapsBelow(lowest, view.pinned)) {
    const freed = await freeSpan(ground, view, gap);
    if (freed !== "done") return freed;
  }
  return sweepDeleted(ground, view, lowest);
}

/**
 * Where the segment starts that the oldest record in the window belongs to: all below it that no pin keeps can be freed. A damaged record does not say where that is: it belongs
 * to the segment of the one before it, or starts its own.
 */
async function lowestShown(ground: SweepGround, view: SweepView): Promise<number | "moved"> {
  const { tip } = view.head;
  for await (const first of upwards(ground, view, { first: view.floor + 1, last: tip, limit: 1 })) {
    if (first === "moved") return "moved";
    return first.damage ? startBefore(ground, first.ordinal) : first.from;
  }
  return tip + 1;
}

async function startBefore(ground: SweepGround, ordinal: number): Promise<number> {
  const { partition, now } = ground;
  const { from, to } = checkpointRange(1, ordinal - 1);
  for (let next: string | undefined = to; next !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from, to: next, reverse: true, limit: 10 },
      now,
      { partial: true },
    );
    const sound = (await headsOf(ground, page.records)).find(({ damage }) => !damage);
    if (sound) return sound.from;
    next = page.next;
  }
  return 1;
}
