import type { StoreContext } from "../context.ts";
import { sweepHidden } from "../history/sweep.ts";
import { EXPIRE, SWEEP } from "../maintenance/kinds.ts";
import type { Task } from "../maintenance/task.ts";
import { sweepCheckpoints } from "../checkpoints/sweep.ts";
import type { SweepGround } from "../checkpoints/sweepView.ts";

/** What `maintain` does for checkpoints and histories: frees what is hidden, and what has expired for everybody. */
export const sweepTasks: readonly Task[] = [
  {
    kind: SWEEP,
    async run(context, { subject }, hasTime) {
      const ground = groundOf(context, subject, hasTime);
      if (!(await sweepCheckpoints(ground))) return "again";
      const { partition, now } = ground;
      const isDone = await sweepHidden(partition, now, context.operationTtlMs, hasTime);
      return isDone ? "done" : "again";
    },
  },
  {
    kind: EXPIRE,
    async run(context, { subject }, hasTime) {
      const ground = groundOf(context, subject, hasTime);
      return (await sweepCheckpoints(ground, { expired: true })) ? "done" : "again";
    },
  },
];

/** A sweep's own writes need no note. */
function groundOf(context: StoreContext, threadId: string, hasTime: () => boolean): SweepGround {
  return {
    partition: context.unwatched(threadId),
    now: context.now(),
    goOn: () => Promise.resolve(hasTime()),
  };
}
