import type { Expectation, Write } from "../../backend/contract.ts";
import { encodeId } from "../../backend/keys.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { Reminder, ReminderStatus } from "./contract.ts";

/** A reminder's record, `reminder/<id>`. Its time lies in the value: a record that expired would be absent, and set again. */
export interface ReminderRecord {
  readonly id: string;
  readonly at: number;
  readonly value: unknown;
  readonly status: ReminderStatus;
  readonly reason?: string;
}

/** What the keys of all reminders of a thread begin with. */
export const REMINDERS = "reminder/";

export function reminderKey(id: string): string {
  return `${REMINDERS}${encodeId(id)}`;
}

export function decodeReminder(record: OpenRecord): ReminderRecord {
  return record.value() as ReminderRecord;
}

export function reminderWrite(record: ReminderRecord, expect: Expectation): Write {
  return { op: "put", key: reminderKey(record.id), value: encodeValue(record), expect };
}

/** A reminder as callers see it. */
export function reminderOf(
  place: Pick<Reminder, "threadId" | "life">,
  { at, ...record }: ReminderRecord,
  revision: number,
): Reminder {
  return { ...record, ...place, at: new Date(at), revision };
}
