import type { Write } from "../../backend/contract.ts";
import { ordinalKey } from "../../backend/keys.ts";
import { DeletedError } from "../../errors.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { StreamInfo } from "./contract.ts";

/** The record behind all events, so that one scan finds the newest events and what they belong to as of one instant. */
export const HEAD = "h";
/** What all batches of events begin with. */
export const EVENTS = "e/";

/** The head of a stream. */
export interface StreamHead {
  /** The index of the next event. */
  readonly next: number;
  readonly at: number;
  /** Names this stream among those that have had its id; its thread knows it by this. */
  readonly token: string;
  readonly threadId?: string;
  /** The user of a stream without a thread. */
  readonly owner?: string;
  readonly ended?: boolean;
  readonly ttlMs?: number;
  /** In the value, not of the record: a head that counts as absent would be a new stream. */
  readonly expiresAt?: number;
  /** True once the events of an expired stream are being freed: no clock brings them back. */
  readonly freed?: boolean;
}

/** A head with its revision. */
export interface StoredHead {
  readonly head: StreamHead;
  readonly revision: number;
}

export function decodeHead(record: OpenRecord): StoredHead {
  return { head: record.value() as StreamHead, revision: record.revision };
}

/** The entry that stores a head. */
export function headWrite(head: StreamHead, expect: "absent" | number): Write {
  return { op: "put", key: HEAD, value: encodeValue(head), expect };
}

/** The key of the batch whose last event has this index: so that the first key from an event's own on is that of its batch. */
export function batchKey(last: number): string {
  return EVENTS + ordinalKey(last);
}

/** The events of a batch and the index of the first. */
export function decodeBatch(record: OpenRecord): {
  readonly first: number;
  readonly values: readonly unknown[];
} {
  const values = record.value() as readonly unknown[];
  const last = Number(record.key.slice(EVENTS.length));
  return { first: last - values.length + 1, values };
}

/** Encoded events of one record. */
export interface Batch {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Records larger than this are cut between two events: what a follower reads at once stays small. */
const BATCH_BYTES = 32 * 1024;

/** The events as records. A single event is never cut here. Throws what the codec refuses. */
export function batchesOf(events: readonly unknown[]): readonly Batch[] {
  if (events.length === 0) return [];
  const bytes = encodeValue(events);
  if (events.length === 1 || bytes.byteLength <= BATCH_BYTES)
    return [{ count: events.length, bytes }];
  const middle = Math.ceil(events.length / 2);
  return [...batchesOf(events.slice(0, middle)), ...batchesOf(events.slice(middle))];
}

/** Refuses a stream that is over: nothing of it can be had any more. */
export function refuseExpired(streamId: string, head: StreamHead, now: number): void {
  if (head.freed || (head.expiresAt !== undefined && head.expiresAt <= now))
    throw new DeletedError(`The stream ${JSON.stringify(streamId)} has expired.`);
}

/** A stream as callers see it. */
export function infoOf(id: string, head: StreamHead): StreamInfo {
  const { threadId, owner, next, ended = false, at, expiresAt } = head;
  return {
    id,
    next,
    ended,
    createdAt: new Date(at),
    ...(threadId === undefined ? {} : { threadId }),
    ...(owner === undefined ? {} : { owner }),
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) }),
  };
}
