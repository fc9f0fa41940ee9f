import { DeletedError } from "../../errors.ts";
import type { NotePieces, StoreContext } from "../context.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import type { Task } from "../maintenance/task.ts";
import { GRACE_MS } from "../pieces/sweep.ts";

const KIND = "pieces";
/** How often a partition is looked at whose large values all stand: what was replaced since then stays so much longer. */
const DAY = 24 * 60 * 60 * 1000;
/** Partitions that a process remembers to have noted. */
const MAX_NOTED = 10_000;

/**
 * Notes each partition once an hour and process. The sweep is due an hour after the hour's end, so that a process whose clock is behind does not count on a note that was done away with.
 */
export function pieceNotes(): NotePieces {
  const noted = new Map<string, number>();
  return async (context, partition, now) => {
    const until = dueAfter(now);
    if (noted.get(partition) === until) return;
    await noteWork(context, { kind: KIND, subject: partition }, until + GRACE_MS, now);
    noted.delete(partition);
    noted.set(partition, until);
    const [oldest] = noted.size > MAX_NOTED ? noted.keys() : [];
    if (oldest !== undefined) noted.delete(oldest);
  };
}

/** Frees what no value refers to in a partition that was noted, and notes it again as long as it has values in pieces. */
export const sweepPiecesTask: Task = {
  kind: KIND,
  async run(context, { subject }, hasTime) {
    const now = context.now();
    const { left, young, more } = await sweepOf(context, subject, hasTime);
    if (more) return "again";
    if (left > 0)
      await noteWork(
        context,
        { kind: KIND, subject },
        young ? dueAfter(now) + GRACE_MS : dueAfter(now, DAY),
        now,
      );
    return "done";
  },
};

async function sweepOf(
  context: StoreContext,
  partition: string,
  hasTime: () => boolean,
): Promise<{ readonly left: number; readonly young: boolean; readonly more: boolean }> {
  try {
    return await context.named(partition).sweepPieces(context.now(), hasTime);
  } catch (error) {
    if (error instanceof DeletedError) return { left: 0, young: false, more: false };
    throw error;
  }
}
