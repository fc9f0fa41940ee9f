import { prefixRange } from "../../backend/keys.ts";
import { DeletedError, StorageError } from "../../errors.ts";
import { checkObject, checkOneOf, checkText, copyOf } from "../arguments.ts";
import type { StoreContext } from "../context.ts";
import { type Life, LIFE, lifeCheck, lifeIn } from "../life/life.ts";
import { noteWork } from "../maintenance/work.ts";
import { checkId, checkWhole } from "../operation.ts";
import type { Snapshot } from "../partition.ts";
import { type Decision, transact } from "../transact.ts";
import type { Reminder, ReminderStore } from "./contract.ts";
import {
  decodeReminder,
  reminderKey,
  reminderOf,
  REMINDERS,
  reminderWrite,
  type ReminderRecord,
} from "./record.ts";
import { REMINDER } from "./task.ts";

const PAGE = 100;

/** The reminders of the threads of one scope. */
export function reminderStore(context: StoreContext): ReminderStore {
  return {
    set: async (threadId, reminder) => set(context, threadId, reminder),
    async get(threadId, id) {
      checkId("threadId", threadId);
      checkId("id", id);
      await context.ready();
      const key = reminderKey(id);
      const snapshot = await context.thread(threadId).read([LIFE, key], context.now());
      const life = lifeIn(context, snapshot);
      return life && reminderIn(snapshot, { threadId, life: life.revision }, key);
    },
    async list(threadId) {
      checkId("threadId", threadId);
      await context.ready();
      const now = context.now();
      const partition = context.thread(threadId);
      const life = lifeIn(context, await partition.read([LIFE], now));
      if (!life) return [];
      const place = { threadId, life: life.revision };
      const found: Reminder[] = [];
      const { from: first, to } = prefixRange(REMINDERS);
      for (let from: string | undefined = first; from !== undefined; ) {
        const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
          { from, to, limit: PAGE },
          now,
        );
        for (const record of page.records)
          found.push(reminderOf(place, decodeReminder(record), record.revision));
        from = page.next;
      }
      return found;
    },
    end: async (threadId, id, end) => endReminder(context, threadId, id, end),
  };
}

type Given = Parameters<ReminderStore["set"]>[1];
type Set = Awaited<ReturnType<ReminderStore["set"]>>;

/** Noted before it is written: what is cut short in between leaves a note that leads to nothing. */
async function set(context: StoreContext, threadId: string, given: Given): Promise<Set> {
  const record = recordOf(threadId, given);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const key = reminderKey(record.id);
  return transact<Set>(partition, now, async () => {
    const snapshot = await partition.read([LIFE, key], now);
    const life = lifeIn(context, snapshot);
    if (!life) throw new StorageError("NOT_FOUND", `There is no thread ${threadId}.`);
    const place = { threadId, life: life.revision };
    const found = reminderIn(snapshot, place, key);
    if (found) return { answer: { reminder: found, replayed: true } };
    const writes = [reminderWrite(record, "absent"), lifeCheck(life)];
    partition.check(writes);
    await noteWork(context, { kind: REMINDER, subject: threadId }, Math.max(0, record.at), now);
    return {
      writes,
      landed: (revision) => ({ reminder: reminderOf(place, record, revision), replayed: false }),
    };
  });
}

function recordOf(threadId: string, given: Given): ReminderRecord {
  checkId("threadId", threadId);
  checkObject("The reminder", given);
  const { id, at, value } = given;
  checkId("id", id);
  if (!(at instanceof Date) || Number.isNaN(at.getTime()))
    throw new StorageError("INVALID_ARGUMENT", "at must be a date.");
  return { id, at: at.getTime(), value: copyOf(value), status: "waiting" };
}

type End = Parameters<ReminderStore["end"]>[2];
type Ended = Awaited<ReturnType<ReminderStore["end"]>>;

async function endReminder(
  context: StoreContext,
  threadId: string,
  id: string,
  end: End,
): Promise<Ended> {
  checkId("threadId", threadId);
  checkId("id", id);
  checkEnd(end);
  const { status, reason, life: named } = end;
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  const key = reminderKey(id);
  return transact<Ended>(partition, now, async (): Promise<Decision<Ended>> => {
    const snapshot = await partition.read([LIFE, key], now);
    const life = lifeIn(context, snapshot);
    if (named !== undefined && life?.revision !== named)
      throw new DeletedError("The reminder belongs to another life of the thread.");
    const stored = snapshot.get(key);
    if (!life || !stored)
      throw new StorageError("NOT_FOUND", `The thread ${threadId} has no reminder ${id}.`);
    return ending(life, threadId, {
      before: decodeReminder(stored),
      revision: stored.revision,
      status,
      reason,
    });
  });
}

function ending(
  life: Life,
  threadId: string,
  {
    before,
    revision: expect,
    status,
    reason,
  }: Pick<End, "status" | "reason"> & {
    readonly before: ReminderRecord;
    readonly revision: number;
  },
): Decision<Ended> {
  const place = { threadId, life: life.revision };
  if (before.status !== "waiting")
    return { answer: { reminder: reminderOf(place, before, expect), counted: false } };
  const record = { ...before, status, ...(reason === undefined ? {} : { reason }) };
  return {
    writes: [reminderWrite(record, expect), lifeCheck(life)],
    landed: (revision) => ({ reminder: reminderOf(place, record, revision), counted: true }),
  };
}

function checkEnd(end: End): void {
  checkObject("The end of a reminder", end);
  checkOneOf("status", end.status, ["done", "cancelled"]);
  if (end.reason !== undefined) checkText("reason", end.reason);
  if (end.life !== undefined) checkWhole("life", end.life, 1);
}

function reminderIn(
  snapshot: Snapshot,
  place: Pick<Reminder, "threadId" | "life">,
  key: string,
): Reminder | undefined {
  const record = snapshot.get(key);
  return record && reminderOf(place, decodeReminder(record), record.revision);
}
