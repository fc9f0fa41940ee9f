import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Backend,
  ConflictError,
  DeletedError,
  type Expectation,
  keyAt,
  StorageError,
  type StoredRecord,
  type WriteBatch,
} from "@perdure/checkpoint-core";

/** A partition; its file holds the same, the records as a list of pairs. */
interface Stored {
  readonly revision: number;
  readonly dropped: boolean;
  readonly records: Map<string, { value: string; revision: number; expiresAt?: number }>;
}

/**
 * A backend in an afternoon: each partition is a JSON file in a folder, replaced whole by each write. A file is renamed into its place, so a reader sees it
 * before or after a write, never between. One process at a time may write; what it wrote survives its death, not a power cut.
 */
export function fileBackend({ folder }: { readonly folder: string }): Backend {
  let closed = false;
  const under = new Set<Promise<unknown>>();
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new StorageError("CLOSED", "The file backend was closed.");
    const working = work();
    under.add(working);
    return working.finally(() => under.delete(working));
  };
  const load = (name: string): Promise<Stored> => readStored(folder, name);
  return {
    name: "file",
    limits: {
      maxValueBytes: 8_000_000,
      maxKeyBytes: 1024,
      maxWrites: 1000,
      maxWriteBytes: 32_000_000,
      maxReadKeys: 1000,
    },
    async setup(mode) {
      await call(() =>
        translated<unknown>(
          mode === "create" ? mkdir(folder, { recursive: true }) : access(folder),
        ),
      );
    },
    async read(name, keys, now) {
      const stored = await call(() => load(name));
      return keys.map((key) => live(stored, key, now));
    },
    async scan(name, { from, to, reverse, limit }, now) {
      const stored = await call(() => load(name));
      const inRange = [...stored.records.keys()].filter((key) => key >= from && key < to);
      const sorted = reverse ? inRange.toSorted().toReversed() : inRange.toSorted();
      const found = sorted.flatMap((key) => live(stored, key, now) ?? []);
      const records = found.slice(0, limit);
      const next = reverse ? records.at(-1)?.key : found[limit]?.key;
      return found.length > limit && next !== undefined ? { records, next } : { records };
    },
    write: (name, batch) =>
      call(() =>
        inTurn(join(folder, name), async () => {
          const before = await load(name);
          test(before, batch);
          if (batch.writes.every(({ op }) => op === "check")) return { revision: before.revision };
          const after = applied(before, batch);
          await store(folder, name, after);
          return { revision: after.revision };
        }),
      ),
    drop: (name, now, held) =>
      call(() =>
        inTurn(join(folder, name), async () => {
          const before = await load(name);
          const { revision, dropped } = before;
          const isThere = !dropped && revision > 0;
          if (held && isThere && !holds(live(before, held.key, now), held.revision))
            throw new ConflictError(`${held.key} is not ${held.revision}.`, { key: held.key });
          const tombstone = { revision, dropped: true, records: new Map() };
          if (revision > 0) await store(folder, name, tombstone);
        }),
      ),
    async [Symbol.asyncDispose]() {
      closed = true;
      await Promise.allSettled(under);
    },
  };
}

function test(stored: Stored, { writes, now, revive }: WriteBatch): void {
  if (stored.dropped && !revive) throw new DeletedError("The partition was dropped.");
  for (const write of writes)
    if (write.op !== "append" && !holds(live(stored, write.key, now), write.expect))
      throw new ConflictError(`${write.key} is not ${write.expect}.`, { key: write.key });
}

function applied({ revision: last, records }: Stored, { writes }: WriteBatch): Stored {
  const revision = last + 1;
  for (const [index, write] of writes.entries()) {
    if (write.op === "delete") records.delete(write.key);
    if (write.op !== "put" && write.op !== "append") continue;
    const key = write.op === "put" ? write.key : keyAt(write.prefix, revision, index);
    const { expiresAt } = write;
    const record = { value: Buffer.from(write.value).toString("base64"), revision };
    records.set(key, expiresAt === undefined ? record : { ...record, expiresAt });
  }
  return { revision, dropped: false, records };
}

function holds(record: StoredRecord | undefined, expect: Expectation): boolean {
  if (expect === "any") return true;
  if (typeof expect === "number") return record?.revision === expect;
  return (record !== undefined) === (expect === "present");
}

function live({ records }: Stored, key: string, now: number): StoredRecord | undefined {
  const record = records.get(key);
  if (!record || (record.expiresAt ?? Infinity) <= now) return undefined;
  return { key, ...record, value: Uint8Array.from(Buffer.from(record.value, "base64")) };
}

async function readStored(folder: string, name: string): Promise<Stored> {
  const found = await translated(readFile(fileOf(folder, name), "utf8").then(parse), folder);
  return found ?? { revision: 0, dropped: false, records: new Map() };
}

function parse(text: string): Stored {
  return JSON.parse(text, (key, value) => (key === "records" ? new Map(value) : value)) as Stored;
}

async function store(folder: string, name: string, stored: Stored): Promise<void> {
  const file = fileOf(folder, name);
  const text = JSON.stringify({ ...stored, records: [...stored.records] });
  await translated(writeFile(`${file}~`, text).then(() => rename(`${file}~`, file)));
}

function fileOf(folder: string, name: string): string {
  return join(folder, `${createHash("sha256").update(name).digest("hex")}.json`);
}

/** The error table. No such file in a folder that is there is no failure: nothing was written yet. */
async function translated<T>(call: Promise<T>, folder?: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && folder !== undefined) return translated(access(folder).then(() => undefined));
    throw new StorageError(missing ? "UNAVAILABLE" : "BACKEND", "The folder refused.", { cause });
  }
}

/** The last write of each partition: the next waits for it, from whichever handle it comes. */
const turns = new Map<string, Promise<unknown>>();

async function inTurn<T>(partition: string, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(partition) ?? Promise.resolve()).then(work, work);
  turns.set(partition, turn);
  return turn.finally(() => turns.get(partition) === turn && turns.delete(partition));
}
