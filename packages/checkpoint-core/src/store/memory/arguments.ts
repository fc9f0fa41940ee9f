import { decodeText, encodeText } from "../../codec/text.ts";
import { StorageError } from "../../errors.ts";
import { isOwnId, ownId } from "../history/record.ts";
import { checkId, checkOperationId, checkWhole } from "../operation.ts";
import type { MemoryMetadata, MemorySearch, MemoryUpdate, NewMemory } from "./contract.ts";

/** Memories of one call: with a vector each they fit into one write of an engine that takes 100 entries. */
const MAX_BATCH = 32;
/** UTF-16 units of a memory's text: a page of prose. Longer ones are documents, and search ranks them badly. */
const MAX_TEXT_UNITS = 16_384;
/** Bytes of a memory's metadata, encoded. */
const MAX_METADATA_BYTES = 16_384;
/** UTF-16 units of a query. */
const MAX_QUERY_UNITS = 16_384;
/** Memories of one page, and of one search's answer. */
const MAX_PAGE = 1000;

/** A memory to be written whose id is settled. */
export interface NamedMemory extends NewMemory {
  readonly id: string;
  /** True where the caller has given an id of the store's own: it can only mean a memory that is there. */
  readonly known: boolean;
}

/** The caller's memories, copied and named: by their own id, or by the operation and their place in it. Refuses what cannot be stored. */
export function namedMemories(
  memories: readonly NewMemory[],
  operationId: string | undefined,
): readonly NamedMemory[] {
  if (operationId !== undefined) checkOperationId(operationId);
  checkBatch(memories);
  const named = memories.map((memory, index): NamedMemory => {
    checkObject("A memory", memory);
    const { id, text, metadata } = memory;
    checkText("A memory's text", text, MAX_TEXT_UNITS);
    const content = metadata === undefined ? { text } : { text, metadata: copyOf(metadata) };
    if (id !== undefined) {
      checkId("A memory's id", id);
      return { ...content, id, known: isOwnId(id) };
    }
    if (operationId === undefined)
      throw invalid(
        "A memory needs an id, or the call an operationId: without either a retry would write it twice.",
      );
    return { ...content, id: ownId("memory", operationId, index), known: false };
  });
  checkDistinct(named.map(({ id }) => id));
  return named;
}

/** The caller's updates, copied. Refuses what cannot be stored. */
export function checkedUpdates(
  updates: readonly MemoryUpdate[],
  operationId: string | undefined,
): readonly MemoryUpdate[] {
  if (operationId !== undefined) checkOperationId(operationId);
  checkBatch(updates);
  const checked = updates.map((update): MemoryUpdate => {
    checkObject("An update", update);
    const { id, text, metadata, expected } = update;
    checkId("A memory's id", id);
    if (text === undefined && metadata === undefined)
      throw invalid("An update needs a text or metadata.");
    if (text !== undefined) checkText("A memory's text", text, MAX_TEXT_UNITS);
    if (expected !== undefined) checkWhole("expected", expected);
    return {
      id,
      ...(text === undefined ? {} : { text }),
      ...(metadata === undefined ? {} : { metadata: copyOf(metadata) }),
      ...(expected === undefined ? {} : { expected }),
    };
  });
  checkDistinct(checked.map(({ id }) => id));
  return checked;
}

/** The caller's ids, copied. Refuses what is none. */
export function checkedIds(
  ids: readonly string[],
  operationId: string | undefined,
): readonly string[] {
  if (operationId !== undefined) checkOperationId(operationId);
  checkBatch(ids);
  for (const id of ids) checkId("A memory's id", id);
  const checked = [...ids];
  checkDistinct(checked);
  return checked;
}

/** Refuses what is no query or asks for what no search answers. */
export function checkSearch(query: unknown, { limit, minScore, filter, by }: MemorySearch): void {
  checkText("A query", query, MAX_QUERY_UNITS);
  if (limit !== undefined) checkPage(limit);
  if (minScore !== undefined && (typeof minScore !== "number" || Number.isNaN(minScore)))
    throw invalid("minScore must be a number.");
  if (by !== undefined && !["words", "meaning", "both"].includes(by))
    throw invalid('A search is by "words", by "meaning" or by "both".');
  if (filter === undefined) return;
  checkObject("A filter", filter);
  for (const [field, value] of Object.entries(filter))
    if (!isPlain(value))
      throw invalid(`A filter's value must be plain: that of ${JSON.stringify(field)} is not.`);
}

/** Refuses what is no number of memories for one answer. */
export function checkPage(limit: unknown): void {
  checkWhole("limit", limit, 1);
  if (Number(limit) > MAX_PAGE) throw invalid(`limit is over ${MAX_PAGE}.`);
}

function isPlain(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function checkBatch(batch: unknown): void {
  if (!Array.isArray(batch)) throw invalid("Memories are given as a list.");
  if (batch.length > MAX_BATCH)
    throw tooLarge(`${batch.length} memories in one call are over ${MAX_BATCH}.`);
}

function checkText(what: string, text: unknown, most: number): void {
  if (typeof text !== "string" || text.length === 0)
    throw invalid(`${what} must be a non-empty string.`);
  if (text.length > most) throw tooLarge(`${what} is over ${most} UTF-16 units long.`);
}

/** A copy of the caller's own. Throws `UNSUPPORTED_VALUE` for what cannot be kept. */
function copyOf(metadata: MemoryMetadata): MemoryMetadata {
  checkObject("A memory's metadata", metadata);
  const text = encodeText(metadata);
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES)
    throw tooLarge(`A memory's metadata are over ${MAX_METADATA_BYTES} bytes.`);
  const copy = decodeText(text);
  checkObject("A memory's metadata", copy);
  return copy as MemoryMetadata;
}

function checkObject(what: string, value: unknown): void {
  const plain = Object.prototype.toString.call(value) === "[object Object]";
  if (!plain) throw invalid(`${what} must be an object.`);
}

function checkDistinct(ids: readonly string[]): void {
  if (new Set(ids).size < ids.length) throw invalid("Two memories of one call have the same id.");
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}

function tooLarge(message: string): StorageError {
  return new StorageError("TOO_LARGE", message);
}
