import type { OpenRecord, Partition } from "../partition.ts";
import type { StreamEvent } from "./contract.ts";
import { batchKey, decodeBatch, decodeHead, HEAD, type StoredHead } from "./record.ts";

/** What is looked for in a stream. */
export interface Wanted {
  readonly partition: Partition;
  readonly from: number;
  readonly limit: number;
  readonly now: number;
}

/** Events and the head behind them. */
export interface Found {
  readonly events: readonly StreamEvent[];
  readonly stored: StoredHead | undefined;
  /** True when an event that was written is not there. */
  readonly torn: boolean;
  /** True where the events may be those of another stream than the head: what was read first was gone at the end. */
  readonly isMixed: boolean;
}

/** Records of one page: events are read in batches. */
const PAGE = 50;
/** Bytes of events, as they are encoded, after which no more are read: large events come in small numbers. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Batches upwards until there are enough events or the head comes, which stands behind them all: then both are of one instant. Where that takes more than one read, the last one looks
 * whether the first batch stands as it stood: then no other stream has begun under this id in between.
 */
export async function collect(wanted: Wanted): Promise<Found> {
  const { partition, from, limit, now } = wanted;
  const gathered = new Gathered(from, limit);
  const to = `${HEAD}!`;
  for (let start: string | undefined = batchKey(from); start !== undefined; ) {
    const page: Awaited<ReturnType<typeof partition.scan>> = await partition.scan(
      { from: start, to, limit: Math.min(PAGE, limit + 1) },
      now,
    );
    const isOneInstant = gathered.first === undefined;
    for (const record of page.records) {
      if (record.key === HEAD) {
        const stored = decodeHead(record);
        gathered.mustReach(stored.head.next);
        return isOneInstant ? foundWith(gathered, stored) : withHead(wanted, gathered);
      }
      gathered.take(record);
      if (gathered.isFull) return withHead(wanted, gathered);
    }
    start = page.next;
  }
  return gathered.first ? withHead(wanted, gathered) : foundWith(gathered, undefined);
}

function foundWith({ events, torn }: Gathered, stored: StoredHead | undefined): Found {
  return { events, torn, stored, isMixed: false };
}

/** The head as it is now, and whether the first batch is still what it was. */
async function withHead({ partition, now }: Wanted, gathered: Gathered): Promise<Found> {
  const { first } = gathered;
  const keys = first ? [HEAD, first.key] : [HEAD];
  const snapshot = await partition.read(keys, now, { partial: true });
  const head = snapshot.get(HEAD);
  const isMixed = first !== undefined && snapshot.get(first.key)?.revision !== first.revision;
  return { ...foundWith(gathered, head && decodeHead(head)), isMixed };
}

/** Events as they are found, batch by batch. */
class Gathered {
  readonly events: StreamEvent[] = [];
  torn = false;
  /** The first batch. */
  first: OpenRecord | undefined;
  #bytes = 0;
  readonly #from: number;
  readonly #limit: number;

  constructor(from: number, limit: number) {
    this.#from = from;
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.torn || this.events.length === this.#limit || this.#bytes >= MOST_BYTES;
  }

  /** The events of this batch that are wanted. */
  take(record: OpenRecord): void {
    this.first ??= record;
    this.#bytes += record.bytes.byteLength;
    const next = this.#next;
    const batch = decodeBatch(record);
    this.torn ||= batch.first > next;
    const begin = next - batch.first;
    const values = batch.values.slice(begin, begin + this.#limit - this.events.length);
    for (const [at, value] of values.entries()) this.events.push({ index: next + at, value });
  }

  /** The stream goes up to this index, so all before it must have been found. */
  mustReach(end: number): void {
    this.torn ||= this.#next < end;
  }

  get #next(): number {
    return this.#from + this.events.length;
  }
}
