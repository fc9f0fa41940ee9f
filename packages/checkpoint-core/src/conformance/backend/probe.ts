import assert from "node:assert/strict";
import type { Backend, ScanRange, StoredRecord, Write } from "../../backend/contract.ts";
import { prefixRange } from "../../backend/keys.ts";
import { isStorageError, type StorageError, type StorageErrorCode } from "../../errors.ts";

/** The caller's time in cases that are not about time. */
export const NOW = 1_700_000_000_000;

/** A record as cases compare it: the value as text, one character a byte. */
export interface Seen {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly expiresAt?: number;
}

/** One partition of one backend, with short verbs that are exactly the contract's. */
export interface Probe {
  readonly name: string;
  readonly backend: Backend;
  /** Writes at `NOW` and returns the revision. */
  write(...writes: readonly Write[]): Promise<number>;
  writeAt(now: number, writes: readonly Write[], revive?: boolean): Promise<number>;
  /** The records under these keys at `NOW`. */
  read(...keys: readonly string[]): Promise<readonly (Seen | undefined)[]>;
  readAt(now: number, ...keys: readonly string[]): Promise<readonly (Seen | undefined)[]>;
  /** The record under this key at `NOW`, which must be there. */
  one(key: string): Promise<Seen>;
  /** All records of a range, page by page. No page may hold more than `limit`. */
  list(range: Partial<ScanRange>, now?: number): Promise<readonly Seen[]>;
  /** All records of the partition. */
  all(now?: number): Promise<readonly Seen[]>;
  drop(): Promise<void>;
}

/** Opens a partition of a backend for a case. */
export function probe(backend: Backend, name: string): Probe {
  const self: Probe = {
    name,
    backend,
    write: (...writes) => self.writeAt(NOW, writes),
    async writeAt(now, writes, revive) {
      const batch = revive === undefined ? { writes, now } : { writes, now, revive };
      return (await backend.write(name, batch)).revision;
    },
    read: (...keys) => self.readAt(NOW, ...keys),
    async readAt(now, ...keys) {
      return (await backend.read(name, keys, now)).map((record) => record && seen(record));
    },
    async one(key) {
      const [record] = await self.read(key);
      assert.ok(record, `A record was expected under ${key}, and there is none.`);
      return record;
    },
    list: (range, now = NOW) => listPages(backend, name, { ...everything, ...range }, now),
    all: (now = NOW) => self.list({}, now),
    drop: () => backend.drop(name, NOW),
  };
  return self;
}

/** A put of text. Whatever was there, unless `expect` says otherwise. */
export function put(
  key: string,
  text: string,
  options: Partial<Extract<Write, { op: "put" }>> = {},
): Write {
  return { op: "put", key, value: bytes(text), expect: "any", ...options };
}

/** An append of text. */
export function append(prefix: string, text: string, expiresAt?: number): Write {
  const write = { op: "append", prefix, value: bytes(text) } as const;
  return expiresAt === undefined ? write : { ...write, expiresAt };
}

/** The bytes of a text of one character a byte. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A record as cases compare it. */
export function seen({ key, value, revision, expiresAt }: StoredRecord): Seen {
  assert.ok(value instanceof Uint8Array, `The value of ${key} must be a Uint8Array.`);
  const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
  return expiresAt === undefined
    ? { key, value: text, revision }
    : { key, value: text, revision, expiresAt };
}

/** `key=value` of each record: what a listing holds, where revisions are not the point. */
export function pairs(records: readonly (Seen | undefined)[]): readonly string[] {
  return records.map((record) => (record ? `${record.key}=${record.value}` : "(none)"));
}

/** The error of a call that must fail with this code, typed as law 7 says. */
export async function fails(
  call: Promise<unknown>,
  code: StorageErrorCode,
  what: string,
): Promise<StorageError> {
  const error = await errorOf(call, what);
  assert.equal(error.code, code, `${what}: expected the code ${code}, got ${String(error)}.`);
  return error;
}

/** The call must fail with a `ConflictError` that names this key. */
export async function conflicts(call: Promise<unknown>, key: string, what: string): Promise<void> {
  const error = await fails(call, "CONFLICT", what);
  const named = "key" in error ? error.key : undefined;
  assert.equal(named, key, `${what}: the ConflictError must name the key ${key}.`);
}

/** The typed error of a call that must fail. */
export async function errorOf(call: Promise<unknown>, what: string): Promise<StorageError> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in answer))
    assert.fail(`${what}: an error was expected, and the call answered ${show(answer.value)}.`);
  const { error } = answer;
  assert.ok(isStorageError(error), `${what}: a StorageError was expected, got ${String(error)}.`);
  return error;
}

const everything = { ...prefixRange(""), limit: 1000 };

/** Pages of one listing after which it counts as endless. */
const MAX_PAGES = 20_000;

async function listPages(
  backend: Backend,
  name: string,
  range: ScanRange,
  now: number,
): Promise<readonly Seen[]> {
  const records: Seen[] = [];
  let { from, to } = range;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await backend.scan(name, { ...range, from, to }, now);
    assert.ok(
      page.records.length <= range.limit,
      `A page of at most ${range.limit} records held ${page.records.length}.`,
    );
    records.push(...page.records.map(seen));
    if (page.next === undefined) return records;
    if (range.reverse) to = page.next;
    else from = page.next;
  }
  return assert.fail(`A scan of ${name} did not end after ${MAX_PAGES} pages.`);
}

function show(value: unknown): string {
  return value === undefined ? "undefined" : JSON.stringify(value).slice(0, 200);
}
