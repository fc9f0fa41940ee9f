import { StorageError } from "../../errors.ts";
import { Collection } from "../../memory/collection.ts";
import type { Words } from "../../memory/words.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import type { Place } from "./place.ts";
import {
  decodeChange,
  decodeHead,
  decodeMemory,
  KEPT_CHANGES,
  type MemoryHead,
  type MemoryKeys,
  memoryKeys,
  ordinalOf,
} from "./record.ts";

/** Memories of one page: engines answer fewer where they are large. */
const PAGE = 1000;
/** Memories that are cut into words before others get their turn: about 10 ms. */
const SLICE = 200;
/** Looks at a scope that others change meanwhile, before a search gives up. */
const MAX_LOOKS = 50;

/** A memory as a process keeps it for searching. */
export interface Kept {
  readonly ordinal: number;
  readonly record: OpenRecord;
  /** Its vector, once it was read or made; {@link MemoryView.embed} sets it. */
  vector?: Float32Array;
}

interface Reading {
  readonly partition: Partition;
  readonly keys: MemoryKeys;
  readonly words: Words;
  readonly now: number;
}

/**
 * What this process has seen of a scope of memories: brought up to date before each search, by what has changed since the last one. Not to be used by two searches at once:
 * `turn` puts them in order.
 */
export class MemoryView {
  readonly kept: Collection<Kept> = new Collection();
  /** The head as of which everything here is. */
  #seen: { readonly head: MemoryHead; readonly revision: number } | undefined;
  /** False while something that is to be here may be missing, or may be newer. */
  #whole = false;
  #bytes = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** About how many bytes it takes. */
  get bytes(): number {
    return this.#bytes + this.kept.bytes;
  }

  /** The memory has this vector. */
  embed(kept: Kept, vector: Float32Array): void {
    kept.vector = vector;
    this.#bytes += vector.byteLength;
  }

  /** Does the work behind all that was given before. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  /** Everything here is as of one instant after this was called. One read where nothing has changed. Throws `CONTENTION` if others change the scope faster than it can be read. */
  async refresh(place: Place, words: Words, now: number): Promise<void> {
    const { head: headKey } = memoryKeys(place.root);
    let stuck = false;
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      const record = (await place.partition.read([headKey], now)).get(headKey);
      const head = decodeHead(record);
      if (!record || !head) {
        this.#forget();
        return;
      }
      const { revision } = record;
      const moved = this.#seen?.revision !== revision;
      if (!moved && this.#whole) return;
      this.#whole = false;
      this.#whole = await this.#catchUp(place, words, { head, revision }, now);
      if (this.#whole) return;
      if (moved) continue;
      if (stuck) throw lost(head.count, this.kept.size);
      stuck = true;
      this.#forget();
    }
    throw new StorageError("CONTENTION", `The memories changed ${MAX_LOOKS} times while read.`);
  }

  /**
   * Reads what has changed up to a head. True when what is here now is exactly what was there as of it: nothing that was read is newer, and nothing is missing.
   * What was deleted after that head is missing, and the next look finds out.
   */
  async #catchUp(
    { partition, root }: Place,
    words: Words,
    { head, revision }: { readonly head: MemoryHead; readonly revision: number },
    now: number,
  ): Promise<boolean> {
    if (!this.#follows(head)) this.#forget();
    const since = this.#seen?.head ?? { ...head, next: head.from };
    const reading = { partition, keys: memoryKeys(root), words, now };
    const changed = await changedBetween(partition, root, [since.changes, head.changes], now);
    if (!changed) {
      this.#forget();
      return false;
    }
    const changes = await this.#readAgain(reading, changed);
    const additions = await this.#readNew(reading, since.next, head.next);
    this.#seen = { head, revision };
    return Math.max(changes, additions) <= revision && this.kept.size === head.count;
  }

  /** Reads these memories; those that are not there any more go. The highest revision that was met. */
  async #readAgain(
    { partition, keys, words, now }: Reading,
    ordinals: readonly number[],
  ): Promise<number> {
    const { maxReadKeys } = partition.backend.limits;
    let newest = 0;
    for (let at = 0; at < ordinals.length; at += maxReadKeys) {
      const part = ordinals.slice(at, at + maxReadKeys);
      const found = await partition.read(part.map(keys.memory), now);
      for (const ordinal of part) this.#drop(ordinal);
      newest = Math.max(newest, this.#keep([...found.values()], words));
    }
    return newest;
  }

  /** Reads the memories from one ordinal up to another. The highest revision that was met. */
  async #readNew(
    { partition, keys, words, now }: Reading,
    first: number,
    end: number,
  ): Promise<number> {
    const to = keys.memory(end);
    let newest = 0;
    let from: string | undefined = first < end ? keys.memory(first) : undefined;
    while (from !== undefined) {
      const range = { from, to, limit: PAGE };
      const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(range, now);
      for (let at = 0; at < page.records.length; at += SLICE) {
        if (at > 0) await breath();
        newest = Math.max(newest, this.#keep(page.records.slice(at, at + SLICE), words));
      }
      from = page.next;
    }
    return newest;
  }

  /** Can what is here be brought up to this head? Not where the scope has begun anew, was cleared, or the log of changes does not go back so far. */
  #follows(head: MemoryHead): boolean {
    const seen = this.#seen?.head;
    if (!seen) return false;
    const { born, from, changes } = head;
    return seen.born === born && seen.from === from && changes - seen.changes <= KEPT_CHANGES;
  }

  /** Keeps what the records hold, and answers the highest of their revisions. */
  #keep(records: readonly OpenRecord[], words: Words): number {
    let newest = 0;
    for (const record of records) {
      const ordinal = ordinalOf(record);
      this.#drop(ordinal);
      this.#bytes += record.bytes.byteLength;
      this.kept.put(ordinal, { ordinal, record }, words.of(decodeMemory(record).text));
      newest = Math.max(newest, record.revision);
    }
    return newest;
  }

  #drop(ordinal: number): void {
    const kept = this.kept.get(ordinal);
    if (!kept) return;
    this.#bytes -= kept.record.bytes.byteLength + (kept.vector?.byteLength ?? 0);
    this.kept.delete(ordinal);
  }

  #forget(): void {
    this.kept.clear();
    this.#bytes = 0;
    this.#seen = undefined;
  }
}

/** The ordinals that were touched between two heads; `undefined` where the log no longer says. */
async function changedBetween(
  partition: Partition,
  root: string,
  [after, upTo]: readonly [number, number],
  now: number,
): Promise<readonly number[] | undefined> {
  if (after === upTo) return [];
  const { change } = memoryKeys(root);
  const to = change(upTo + 1);
  const touched = new Set<number>();
  let found = 0;
  for (let from: string | undefined = change(after + 1); from !== undefined; ) {
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { from, to, limit: KEPT_CHANGES },
      now,
    );
    for (const record of page.records)
      for (const ordinal of decodeChange(record)) touched.add(ordinal);
    found += page.records.length;
    from = page.next;
  }
  return found === upTo - after ? [...touched] : undefined;
}

/** Lets everybody else in the process go on. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function lost(expected: number, found: number): StorageError {
  return new StorageError("CORRUPT", `A scope of ${expected} memories holds ${found}.`);
}
