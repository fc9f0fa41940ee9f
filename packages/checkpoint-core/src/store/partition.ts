import type {
  Backend,
  HeldRecord,
  Page,
  ScanRange,
  StoredRecord,
  Write,
} from "../backend/contract.ts";
import { openEnvelope } from "../codec/envelope.ts";
import { spillOf } from "../codec/header.ts";
import { decodeText } from "../codec/text.ts";
import { StorageError } from "../errors.ts";
import { checkedLead, gather, join } from "./pieces/gather.ts";
import { layOut } from "./pieces/layout.ts";
import { isPieceKey } from "./pieces/records.ts";
import { type Swept, sweepPieces } from "./pieces/sweep.ts";
import { writeLayout } from "./pieces/upload.ts";
import { createSealing, type Seal, unpack, unpackStart } from "./sealing/seal.ts";

export { encodeFields, encodeValue } from "./encode.ts";

/** A record with its value opened and decoded on demand. */
export interface OpenRecord {
  readonly key: string;
  readonly revision: number;
  readonly expiresAt?: number;
  /** The value's plain envelope, whatever is stored of it. Throws as `value`. */
  readonly bytes: Uint8Array;
  /** The decoded value. Throws `CORRUPT`, `INCOMPATIBLE`, `KEY_MISSING`, `WRONG_KEY` or `PLAINTEXT` when the bytes are not ours to read. */
  value(): unknown;
  /** Of a large value that was read in part: the beginning of its plain envelope. Its `bytes` and `value` are not at hand. */
  readonly start?: () => Uint8Array;
}

/** What one read found, by key. */
export type Snapshot = ReadonlyMap<string, OpenRecord>;

/** How much is to be read of large values. */
export interface Extent {
  /** Leaves what stands in pieces where it is: for lists that need only the beginnings. */
  readonly partial?: boolean;
}

/**
 * One partition behind its door: keys, sizes and counts are checked against the engine's limits before anything is sent, values pass the codec, are compressed and encrypted as the store's
 * options say, and stand in pieces where the engine cannot hold them whole.
 */
export interface Partition {
  readonly name: string;
  readonly backend: Backend;
  read(keys: readonly string[], now: number, extent?: Extent): Promise<Snapshot>;
  scan(
    range: ScanRange,
    now: number,
    extent?: Extent,
  ): Promise<{ readonly records: readonly OpenRecord[]; readonly next?: string }>;
  write(
    writes: readonly Write[],
    now: number,
    options?: { readonly revive?: boolean },
  ): Promise<{ readonly revision: number }>;
  /** Held to a record, it happens only while that has its revision; see `Backend.drop`. */
  drop(now: number, held?: HeldRecord): Promise<void>;
  /** Refuses what `write` would refuse for its size or its keys, and sends nothing: for writes that must be refused before another one is made. */
  check(writes: readonly Write[]): void;
  /** Frees pieces that no value refers to. */
  sweepPieces(now: number, hasTime?: () => boolean): Promise<Swept>;
}

/** How values pass the door: as they are, and none in pieces, when not given. */
export interface Door {
  readonly seal?: Seal;
  /** Called before values are put in pieces; without it none are. */
  readonly note?: (now: number) => Promise<void>;
}

/** Opens the door to a partition. */
export function openPartition(
  backend: Backend,
  name: string,
  { seal = untouched, note }: Door = {},
): Partition {
  const source: Source = { backend, name, seal };
  const { limits } = backend;
  const ground = { limits, engine: backend.name, seal, pieces: note !== undefined };
  return {
    name,
    backend,
    async read(keys, now, extent) {
      const unique = [...new Set(keys)];
      if (unique.length > limits.maxReadKeys)
        throw new StorageError(
          "TOO_LARGE",
          `A read of ${unique.length} keys is over the engine's ${limits.maxReadKeys}.`,
        );
      const read = (): Promise<Records> => backend.read(name, unique, now);
      const records = await open(source, read, (found) => found, now, extent);
      return new Map(records.opened.map((record) => [record.key, record]));
    },
    async scan(range, now, extent) {
      const read = async (): Promise<Page> =>
        shorten(withoutPieces(await backend.scan(name, range, now)), range, extent);
      const { found, opened } = await open(source, read, (page) => page.records, now, extent);
      return found.next === undefined ? { records: opened } : { records: opened, next: found.next };
    },
    async write(writes, now, { revive = false } = {}) {
      const layout = layOut(ground, writes);
      if (!layout.untouched) return writeLayout({ ...source, note }, layout, now, revive);
      return backend.write(name, revive ? { writes, now, revive } : { writes, now });
    },
    async drop(now, held) {
      await (held ? backend.drop(name, now, held) : backend.drop(name, now));
    },
    check(writes) {
      layOut(ground, writes);
    },
    sweepPieces: (now, hasTime) => sweepPieces(source, now, hasTime),
  };
}

interface Source {
  readonly backend: Backend;
  readonly name: string;
  readonly seal: Seal;
}

type Records = readonly (StoredRecord | undefined)[];

/** What passes the door as it is. */
const untouched: Seal = createSealing({ compress: false })(undefined, "");

/** Reads records, with the pieces of their values unless the beginnings are enough, and finds the keys that they are sealed with. */
async function open<T>(
  source: Source,
  read: () => Promise<T>,
  recordsOf: (found: T) => Records,
  now: number,
  { partial = false }: Extent = {},
): Promise<{ readonly found: T; readonly opened: readonly OpenRecord[] }> {
  const whole = partial ? () => [] : recordsOf;
  const { found, pieces } = await gather(source, read, whole, now);
  const opened: OpenRecord[] = [];
  const sealed: Uint8Array[] = [];
  for (const record of recordsOf(found)) {
    if (!record) continue;
    if (!isAsStored(source, record))
      sealed.push(record.value, ...(pieces.get(record.key) ?? []).map(({ value }) => value));
    opened.push(openRecord(source, record, pieces.get(record.key), now));
  }
  if (sealed.length > 0) await source.seal.findKeys(sealed);
  return { found, opened };
}

/** Whether the stored bytes are the value's plain envelope; also when they are none: decoding says so. */
function isAsStored({ seal }: Source, { value }: StoredRecord): boolean {
  return seal.isPlain && (value[0] !== 1 || value[1] === 0);
}

function openRecord(
  source: Source,
  record: StoredRecord,
  pieces: readonly StoredRecord[] | undefined,
  now: number,
): OpenRecord {
  const { key, revision, expiresAt } = record;
  const head = expiresAt === undefined ? { key, revision } : { key, revision, expiresAt };
  if (isAsStored(source, record)) {
    const bytes = record.value;
    return { ...head, bytes, value: () => decodeText(openEnvelope(bytes)) };
  }
  let plain: Uint8Array | undefined;
  const sealed = (): Uint8Array => {
    const opened = source.seal.open(record.value, key, now);
    if (opened.spill && !pieces)
      throw new StorageError("INVALID_ARGUMENT", `The value of ${key} was read in part.`);
    return unpack(join(source, opened, pieces ?? [], now));
  };
  return {
    ...head,
    get bytes() {
      plain ??= sealed();
      return plain;
    },
    value() {
      return decodeText(openEnvelope(this.bytes));
    },
    ...(pieces || !spillOf(record.value)
      ? {}
      : { start: () => unpackStart(checkedLead(source.seal.open(record.value, key, now))) }),
  };
}

function withoutPieces(page: Page): Page {
  if (!page.records.some(({ key }) => isPieceKey(key))) return page;
  return { ...page, records: page.records.filter(({ key }) => !isPieceKey(key)) };
}

/** Bytes in pieces that a page may bring along; the record that goes beyond ends it. */
const PAGE_BYTES = 64 * 1024 * 1024;

/** The page up to where its values in pieces take much room. */
function shorten(
  page: Page,
  { reverse = false }: ScanRange,
  { partial = false }: Extent = {},
): Page {
  if (partial) return page;
  let bytes = 0;
  const end = page.records.findIndex(({ value }) => {
    bytes += spillOf(value)?.bytes ?? 0;
    return bytes > PAGE_BYTES;
  });
  const last = page.records[end];
  const after = page.records[end + 1];
  if (!last || !after) return page;
  return { records: page.records.slice(0, end + 1), next: reverse ? last.key : after.key };
}
