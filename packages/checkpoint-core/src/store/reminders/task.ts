import { prefixRange } from "../../backend/keys.ts";
import { LIFE, lifeIn } from "../life/life.ts";
import type { Task } from "../maintenance/task.ts";
import { noteWork } from "../maintenance/work.ts";
import { decodeReminder, REMINDERS } from "./record.ts";

/** Work: reminders of the thread that is its subject are due. */
export const REMINDER = "reminders";

const PAGE = 100;
/** A reminder that was told and is still waiting is told again after so many milliseconds: whoever heard of it may have died. */
const AGAIN_MS = 5 * 60 * 1000;

/** Tells of reminders that are due, until somebody ends them. */
export const reminderTask: Task = {
  kind: REMINDER,
  async run(context, { subject: threadId }, hasTime, report) {
    const now = context.now();
    const partition = context.thread(threadId);
    const life = lifeIn(context, await partition.read([LIFE], now))?.revision;
    if (life === undefined) return "done";
    const { tenant } = context.scope;
    const of = { threadId, life, ...(tenant === undefined ? {} : { tenant }) };
    let told = 0;
    const { from: first, to } = prefixRange(REMINDERS);
    for (let from: string | undefined = first; from !== undefined; ) {
      if (!hasTime()) return "again";
      const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
        { from, to, limit: PAGE },
        now,
      );
      for (const record of page.records) {
        const { id, at, status, value } = decodeReminder(record);
        if (status !== "waiting" || at > now) continue;
        report.reminder({ ...of, id, value });
        told += 1;
      }
      from = page.next;
    }
    if (told > 0)
      await noteWork(context, { kind: REMINDER, subject: threadId }, now + AGAIN_MS, now);
    return "done";
  },
};
