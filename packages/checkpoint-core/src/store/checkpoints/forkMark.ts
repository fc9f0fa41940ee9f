import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { COPYING, sweepHidden } from "../history/sweep.ts";
import type { Task } from "../maintenance/task.ts";
import { dueAfter, noteWork } from "../maintenance/work.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import { LIFE } from "../life/life.ts";
import { transact } from "../transact.ts";
import type { ForkMark } from "./forkHistory.ts";

/** The record that stands in a thread while a fork is made there. */
export const FORK: string = COPYING;
const KIND = "fork";

export function encodeMark(mark: ForkMark): Uint8Array {
  return encodeValue(mark);
}

/** The mark that a record holds. Throws `CORRUPT`. */
export function decodeMark(record: OpenRecord): ForkMark {
  const mark = record.value() as ForkMark;
  const numbers = [mark?.sourceLife, mark?.sourceEpoch, mark?.first, mark?.next, mark?.epoch];
  if (typeof mark?.threadId === "string" && numbers.every(Number.isSafeInteger)) return mark;
  throw new StorageError("CORRUPT", `What is stored under ${record.key} is no fork's mark.`);
}

/** Notes that a copy begins, so that one which is cut short for good is found and freed. */
export async function noteFork(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  await noteWork(context, { kind: KIND, subject: threadId }, dueAfter(now), now);
}

/**
 * Gives up a fork that nobody goes on with: its mark goes, then what it has copied, which nobody has seen. One that is still under way meets no mark and begins anew; the same
 * call later does, too.
 */
export const forkTask: Task = {
  kind: KIND,
  async run(context, { subject }, hasTime) {
    const now = context.now();
    const partition = context.thread(subject);
    await transact(partition, now, async () => {
      const snapshot = await partition.read([LIFE, FORK], now);
      const [life, mark] = [snapshot.get(LIFE), snapshot.get(FORK)];
      if (!life || !mark) return { answer: undefined };
      return {
        writes: [
          { op: "check", key: LIFE, expect: life.revision },
          { op: "delete", key: FORK, expect: mark.revision },
        ],
        landed: () => undefined,
      };
    });
    return (await sweepHidden(partition, now, context.operationTtlMs, hasTime)) ? "done" : "again";
  },
};
