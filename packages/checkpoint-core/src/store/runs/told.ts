import type { Write } from "../../backend/contract.ts";
import type { NamedEntry } from "../history/append.ts";
import { cursorOf, encodeEntry, entryKey, idKey } from "../history/record.ts";
import { encodeValue } from "../partition.ts";
import { type RunMessage, type RunRecord, runWrite } from "./record.ts";

/** What a run's message becomes in the history: those ahead of it, where the history is empty, and the message itself. */
export function toldEntries({ id, value, ahead = [] }: RunMessage): readonly NamedEntry[] {
  return [...ahead.map((entry) => ({ ...entry, ahead: true })), { id, value }];
}

/** The writes of a message, as many and as large as they will be. */
export function toldWrites(message: RunMessage | undefined, now: number): readonly Write[] {
  if (!message) return [];
  return toldEntries(message).flatMap(({ id, value }, place): readonly Write[] => {
    const cursor = cursorOf(place);
    const entry = encodeEntry(id, value, now);
    return [
      { op: "put", key: idKey(id), value: encodeValue(cursor), expect: "absent" },
      { op: "put", key: entryKey(cursor), value: entry, expect: "absent" },
    ];
  });
}

// Lease, pulse, life, head and the like: what a begin writes beside the run, its answer and the message.
const OTHER_WRITES = 8;

/** About what is written when a recorded run takes its thread: to be checked before it is recorded, because one that can never take it would hold it for ever. */
export function takingWrites(record: RunRecord, now: number): readonly Write[] {
  const others = Array.from({ length: OTHER_WRITES }, (_, index): Write => {
    return { op: "check", key: `taking/${index}`, expect: "absent" };
  });
  return [
    runWrite(record, "absent"),
    { op: "put", key: "taking", value: encodeValue(record), expect: "absent" },
    ...others,
    ...toldWrites(record.message, now),
  ];
}
