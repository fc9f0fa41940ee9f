import { encodeId, ordinalKey } from "../../backend/keys.ts";
import { encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import { nonce } from "../context.ts";
import { encodeValue, type OpenRecord } from "../partition.ts";
import type { Memory, MemoryMetadata } from "./contract.ts";

/*
 * The records of a scope of memories, each key behind the root of its place:
 *
 *   h             the head: `born` names this beginning of the scope, `next` ordinal, `count` and `bytes` of the memories, `from` (what lies below is gone),
 *                 `changes` so far. Every write but one of vectors compares its revision, so count and ordinals are exact.
 *   m/<ordinal>   a memory, in the order of creation; an update rewrites it in place
 *   i/<id>        the ordinal of the memory with that id
 *   d/<number>    the ordinals that one write has updated or deleted. The last 256 of these are kept: who has seen the scope before them reads it again whole.
 *   v/<ordinal>   a memory's vector and the name of its embedder: of no use if it is older than the memory
 *   o/…           the first answer of a named write
 */

/** Changes that are kept for those who follow: each a few bytes a touched memory. */
export const KEPT_CHANGES = 256;

/** The head of a scope of memories. */
export interface MemoryHead {
  readonly born: string;
  readonly next: number;
  readonly count: number;
  readonly bytes: number;
  readonly from: number;
  readonly changes: number;
}

/** The head of a scope in which nothing was written, but what an erasure has left below this ordinal. */
export function newHead(from = 1): MemoryHead {
  return { born: nonce(), next: from, count: 0, bytes: 0, from, changes: 0 };
}

/** The keys of a place. */
export interface MemoryKeys {
  readonly head: string;
  readonly memories: string;
  readonly ids: string;
  readonly changes: string;
  readonly vectors: string;
  readonly operations: string;
  readonly memory: (ordinal: number) => string;
  readonly id: (id: string) => string;
  readonly change: (number: number) => string;
  readonly vector: (ordinal: number) => string;
}

/** The keys behind a root. */
export function memoryKeys(root: string): MemoryKeys {
  return {
    head: `${root}h`,
    memories: `${root}m/`,
    ids: `${root}i/`,
    changes: `${root}d/`,
    vectors: `${root}v/`,
    operations: `${root}o/`,
    memory: (ordinal) => `${root}m/${ordinalKey(ordinal)}`,
    id: (id) => `${root}i/${encodeId(id)}`,
    change: (number) => `${root}d/${ordinalKey(number)}`,
    vector: (ordinal) => `${root}v/${ordinalKey(ordinal)}`,
  };
}

/** The number at the end of a key. */
export function ordinalOf({ key }: { readonly key: string }): number {
  return Number(key.slice(key.lastIndexOf("/") + 1));
}

/** The head that a record holds. Throws `CORRUPT` for what no write has left. */
export function decodeHead(record: OpenRecord | undefined): MemoryHead | undefined {
  if (record === undefined) return undefined;
  const { born, next, count, bytes, from, changes } = fieldsOf(record);
  if (typeof born !== "string" || !isWhole(next) || !isWhole(count) || !isWhole(bytes))
    throw corrupt(record);
  if (!isWhole(from) || !isWhole(changes) || from > next) throw corrupt(record);
  return { born, next, count, bytes, from, changes };
}

/** What a memory's record holds, but for its revision. */
export type MemoryContent = Omit<Memory, "revision">;

/** A memory as the bytes of its record. Throws `UNSUPPORTED_VALUE` for metadata that cannot be kept. */
export function encodeMemory({
  id,
  text,
  metadata,
  createdAt,
  updatedAt,
}: MemoryContent): Uint8Array {
  return encodeValue({
    i: id,
    x: text,
    c: createdAt.getTime(),
    u: updatedAt.getTime(),
    ...(metadata === undefined ? {} : { m: metadata }),
  });
}

/** The memory that a record holds, a fresh copy each time. Throws `CORRUPT` for what is none. */
export function decodeMemory(record: OpenRecord): Memory {
  const { i, x, c, u, m } = fieldsOf(record);
  if (typeof i !== "string" || typeof x !== "string" || !isInstant(c) || !isInstant(u))
    throw corrupt(record);
  if (m !== undefined && (typeof m !== "object" || m === null)) throw corrupt(record);
  return {
    id: i,
    text: x,
    ...(m === undefined ? {} : { metadata: m as MemoryMetadata }),
    createdAt: new Date(c),
    updatedAt: new Date(u),
    revision: record.revision,
  };
}

/** What a memory counts against the scope's bound: UTF-8 bytes of its text and of its metadata's. */
export function sizeOf({ text, metadata }: Pick<MemoryContent, "text" | "metadata">): number {
  return (
    Buffer.byteLength(text) + (metadata === undefined ? 0 : Buffer.byteLength(encodeText(metadata)))
  );
}

/** The ordinal that an id's record holds; `undefined` for one that an erasure has left. Throws `CORRUPT` where it holds none. */
export function decodeOrdinal(
  record: OpenRecord | undefined,
  head: MemoryHead,
): number | undefined {
  if (record === undefined) return undefined;
  const ordinal = record.value();
  if (!isWhole(ordinal)) throw corrupt(record);
  return ordinal < head.from ? undefined : ordinal;
}

/** The ordinals that a change touched. Throws `CORRUPT` where it holds none. */
export function decodeChange(record: OpenRecord): readonly number[] {
  const ordinals = record.value();
  if (!Array.isArray(ordinals) || !ordinals.every(isWhole)) throw corrupt(record);
  return ordinals;
}

/** What an operation's record remembers. A revision of 0 stands for the operation's own. */
export function decodeResult(record: OpenRecord): {
  readonly ids: readonly string[];
  readonly revisions: readonly number[];
} {
  const { ids, revisions } = fieldsOf(record);
  if (!Array.isArray(ids) || !ids.every((id): id is string => typeof id === "string"))
    throw corrupt(record);
  if (!Array.isArray(revisions) || !revisions.every(isWhole)) throw corrupt(record);
  return { ids, revisions: revisions.map((revision) => revision || record.revision) };
}

/** A vector as the bytes of its record. */
export function encodeVector(embedder: string, vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, number] of vector.entries()) view.setFloat32(index * 4, number, true);
  return encodeValue({ e: embedder, v: bytes });
}

/** The vector that a record holds, if it is of this embedder and of this length. Throws `CORRUPT` for what is none. */
export function decodeVector(
  record: OpenRecord,
  embedder: string,
  dimensions: number,
): Float32Array | undefined {
  const { e, v } = fieldsOf(record);
  if (typeof e !== "string" || !(v instanceof Uint8Array) || v.length % 4 !== 0)
    throw corrupt(record);
  if (e !== embedder || v.length !== dimensions * 4) return undefined;
  const view = new DataView(v.buffer, v.byteOffset, v.byteLength);
  return Float32Array.from({ length: dimensions }, (_, index) => view.getFloat32(index * 4, true));
}

function fieldsOf(record: OpenRecord): Readonly<Record<string, unknown>> {
  const value = record.value();
  if (typeof value !== "object" || value === null) throw corrupt(record);
  return value as Record<string, unknown>;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function corrupt({ key }: OpenRecord): StorageError {
  return new StorageError("CORRUPT", `What is stored under ${key} is no part of memories.`);
}
