import type { Expectation, Write } from "../../backend/contract.ts";
import { DeletedError, LeaseLostError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { encodeValue, type Snapshot } from "../partition.ts";
import { LEASE, type Life, LIFE, lifeIn } from "../life/life.ts";
import type { Lease } from "./lease.ts";

/** Moved by each write under the lease; its revision is what a challenger sees. Holds how long the holder may be silent. */
const PULSE = "pulse";
/** The runs that wait for the thread, in order: a record of its own, or it would fence the holder out. */
const QUEUE = "queue";

/** Which run has the thread, and which execution works on it; `ms` is the silence that this holder asked for when it began. */
export interface LeaseRecord {
  readonly run?: string;
  readonly execution?: string;
  readonly ms?: number;
  /** How often in a row the run was taken over with nothing stored in between. */
  readonly takeovers?: number;
}

/** Who has a thread, who works on it and who waits for it, as one read found it. */
export interface Standing {
  readonly life: Life;
  readonly lease: LeaseRecord;
  /** The revision of the lease record. */
  readonly fence: number;
  readonly queue: readonly string[];
  readonly queueExpect: Expectation & ("absent" | number);
  readonly pulse: { readonly revision: number; readonly ms: number };
}

/** The keys that {@link standingIn} looks at. */
export const STANDING: readonly string[] = [LIFE, LEASE, PULSE, QUEUE];

/** The standing that a snapshot shows; `undefined` where the thread does not live. Throws `FORBIDDEN` for another user's. */
export function standingIn(context: StoreContext, snapshot: Snapshot): Standing | undefined {
  const life = lifeIn(context, snapshot);
  const lease = snapshot.get(LEASE);
  if (!life || !lease) return undefined;
  const queue = snapshot.get(QUEUE);
  const pulse = snapshot.get(PULSE);
  return {
    life,
    lease: lease.value() as LeaseRecord,
    fence: lease.revision,
    queue: queue ? (queue.value() as readonly string[]) : [],
    queueExpect: queue ? queue.revision : "absent",
    pulse: pulse
      ? { revision: pulse.revision, ms: (pulse.value() as { readonly ms: number }).ms }
      : { revision: 0, ms: 0 },
  };
}

/** The thread still lives the life of the lease. Throws `DeletedError` when that has ended, `FORBIDDEN` for another user's. To be known before a first answer is given again. */
export function sameLife(context: StoreContext, snapshot: Snapshot, lease: Lease): void {
  if (lifeIn(context, snapshot)?.revision !== lease.life)
    throw new DeletedError("The thread was deleted while the run held it; nothing was written.");
}

/** The record of a lease that still holds. Throws `DeletedError` when the thread's life has ended, `LeaseLostError` when another has the thread. */
export function heldLease(context: StoreContext, snapshot: Snapshot, lease: Lease): LeaseRecord {
  sameLife(context, snapshot, lease);
  const record = snapshot.get(LEASE);
  if (record?.revision !== lease.fence)
    throw new LeaseLostError(
      `Execution ${lease.execution} no longer holds run ${lease.runId}; nothing was written.`,
    );
  return record.value() as LeaseRecord;
}

export function leaseWrite(record: LeaseRecord, fence: number): Write {
  return { op: "put", key: LEASE, value: encodeValue(record), expect: fence };
}

export function pulseWrite(ms: number, expect: Expectation): Write {
  return { op: "put", key: PULSE, value: encodeValue({ ms }), expect };
}

export function queueWrite(queue: readonly string[], expect: Expectation): Write {
  return { op: "put", key: QUEUE, value: encodeValue(queue), expect };
}

/** The thread goes to the first in the queue, or becomes free: the row H of the table. */
export interface HandOver {
  readonly lease: Write;
  readonly queue: Write;
  /** The run that has the thread next. */
  readonly next?: string;
}

export function handOver({ queue, queueExpect, fence }: Standing): HandOver {
  const [next, ...rest] = queue;
  if (next === undefined)
    return {
      lease: leaseWrite({}, fence),
      queue: { op: "check", key: QUEUE, expect: queueExpect },
    };
  return { lease: leaseWrite({ run: next }, fence), queue: queueWrite(rest, queueExpect), next };
}

/** The run that has the thread and is worked on by nobody, with the lease revision that names its wake-up. */
export function reserved({ lease, fence }: Standing): {
  readonly next?: { readonly runId: string; readonly fence: number };
} {
  return lease.run === undefined || lease.execution !== undefined
    ? {}
    : { next: { runId: lease.run, fence } };
}
