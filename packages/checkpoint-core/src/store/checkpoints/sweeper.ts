import type { Partition } from "../partition.ts";
import { hasExpiredForAll } from "./retention.ts";
import type { Head } from "./schema.ts";
import { sweepCheckpoints } from "./sweep.ts";

/** A put that has landed. */
export interface LandedPut {
  readonly head: Head;
  /** Bytes of its record. */
  readonly bytes: number;
}

/**
 * Sweeps a process's threads behind their puts, where nobody waits: at most one sweep a thread at a time. What it forgets, or fails at, or never comes to, `maintain` does.
 */
export interface Sweeper {
  /** A sweep begins once what was written since the last one weighs as much as the states that are shown, or something has expired for everybody. */
  landed(partition: Partition, put: LandedPut, now: number): void;
  /** A sweep begins. */
  begin(partition: Partition, now: number): void;
  /** Resolves once no sweep runs and no other one will begin. */
  stop(): Promise<void>;
  /** Resolves once none runs. */
  idle(): Promise<void>;
}

/** Bytes that may lie unswept in any thread: below it, a sweep costs more than it frees. */
const LEAST_BYTES = 64 * 1024;
/** Threads remembered: a hundred bytes each. Of a forgotten one the count begins anew. */
const MAX_THREADS = 2000;

/** What was written to a thread since its last sweep, as this process knows it. */
interface Thread {
  readonly bytes: number;
  readonly head: Head;
  /** Bytes of a whole record, as far as this process has seen one. */
  readonly size: number;
  /** The highest ordinal that was hidden at its last sweep. */
  readonly swept: number;
  /** When the first checkpoint of this process expires. */
  readonly expires: number | undefined;
}

/** A sweeper that has seen nothing yet. */
export function sweeper(): Sweeper {
  const threads = new Map<string, Thread>();
  const running = new Map<string, Promise<void>>();
  const pauses = new Set<() => void>();
  let stopped = false;
  let awaited = 0;
  const pause = (): Promise<boolean> =>
    new Promise((resolve) => {
      if (stopped) {
        resolve(false);
        return;
      }
      const go = (): void => {
        pauses.delete(go);
        clearImmediate(immediate);
        resolve(!stopped);
      };
      const immediate = setImmediate(go);
      // A process that has nothing else to do may end here, unless somebody waits for the sweep.
      if (awaited === 0) immediate.unref();
      pauses.add(go);
    });
  const begin = (partition: Partition, now: number, expired = false): void => {
    const { name } = partition;
    if (stopped || running.has(name)) return;
    const swept = sweepCheckpoints({ partition, now, goOn: pause }, { expired })
      // Nobody waits for it: what failed here is done by the next sweep, which tells.
      .catch(() => undefined)
      .then(() => void running.delete(name));
    running.set(name, swept);
  };
  const idle = async (): Promise<void> => {
    awaited += 1;
    for (const go of pauses) go();
    while (running.size > 0) await Promise.all(running.values());
    awaited -= 1;
  };
  return {
    landed(partition, put, now) {
      const thread = after(threads.get(partition.name), put);
      const expired = hasExpiredForAll(thread.expires, now);
      const due = isDue(thread) || expired;
      remember(threads, partition.name, due ? sweptThread(thread) : thread);
      if (due) begin(partition, now, expired);
    },
    begin: (partition, now) => begin(partition, now),
    async stop() {
      stopped = true;
      await idle();
    },
    idle,
  };
}

const unseen = { bytes: 0, size: 0, swept: 0, expires: undefined };

function after(known: Thread | undefined, { head, bytes }: LandedPut): Thread {
  const last = known ?? unseen;
  const isSameRange = known !== undefined && known.head.from === head.from;
  return {
    bytes: last.bytes + head.weight - (isSameRange ? known.head.weight : 0),
    head,
    size: head.from === head.tip ? bytes : Math.max(last.size, bytes),
    swept: last.swept,
    expires: earlier(last.expires, head.expires),
  };
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}

function isDue({ bytes, head, size, swept }: Thread): boolean {
  const hidden = Math.max(head.since, head.cleared);
  return hidden > swept && bytes >= Math.max(LEAST_BYTES, (head.tip - hidden) * size);
}

function sweptThread({ head, size }: Thread): Thread {
  return { bytes: 0, head, size, swept: Math.max(head.since, head.cleared), expires: undefined };
}

function remember(threads: Map<string, Thread>, name: string, thread: Thread): void {
  threads.delete(name);
  threads.set(name, thread);
  if (threads.size <= MAX_THREADS) return;
  const [oldest] = threads.keys();
  if (oldest !== undefined) threads.delete(oldest);
}
