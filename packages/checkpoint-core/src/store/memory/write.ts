import type { Write } from "../../backend/contract.ts";
import { ConflictError, StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { operationOf, type OperationOptions } from "../operation.ts";
import { encodeValue } from "../partition.ts";
import { digestsOf } from "../payload.ts";
import { checkedIds, checkedUpdates, namedMemories } from "./arguments.ts";
import { changeMemories, type Draft, type Standing } from "./change.ts";
import type { Embedder, MemoryResult, MemoryScope, MemoryUpdate, NewMemory } from "./contract.ts";
import { embedded } from "./embed.ts";
import {
  decodeMemory,
  encodeMemory,
  encodeVector,
  type MemoryContent,
  ordinalOf,
  sizeOf,
} from "./record.ts";

/** See `MemoryStore.write`. */
export async function writeMemories(
  context: StoreContext,
  embedder: Embedder | undefined,
  within: MemoryScope,
  memories: readonly NewMemory[],
  options: OperationOptions,
): Promise<MemoryResult> {
  const named = namedMemories(memories, options.operationId);
  const operation = operationOf("write", options, () => ({ memories: digestsOf(named) }));
  const at = new Date(context.now());
  const vectorsOf = embedded(embedder);
  const draft = async ({ keys, head, records }: Standing): Promise<Draft> => {
    const fresh = named.filter(({ id }) => !records.has(id));
    for (const { known } of fresh) refuseOwnId(known);
    const vectors = await vectorsOf(fresh.map(({ text }) => text));
    const writes: Write[] = [];
    let bytes = 0;
    for (const [index, { id, text, metadata }] of fresh.entries()) {
      const ordinal = head.next + index;
      const content = contentOf({ id, text, createdAt: at, updatedAt: at }, metadata);
      writes.push(
        put(keys.memory(ordinal), encodeMemory(content)),
        put(keys.id(id), encodeValue(ordinal)),
        ...vectorWrites(embedder, keys.vector(ordinal), vectors[index]),
      );
      bytes += sizeOf(content);
    }
    return {
      writes,
      ids: named.map(({ id }) => id),
      revisions: named.map(({ id }) => records.get(id)?.revision ?? 0),
      next: head.next + fresh.length,
      count: fresh.length,
      bytes,
      touched: [],
    };
  };
  const ids = named.map(({ id }) => id);
  return changeMemories(context, within, { operation, ids, makes: true, draft });
}

/** See `MemoryStore.update`. */
export async function updateMemories(
  context: StoreContext,
  embedder: Embedder | undefined,
  within: MemoryScope,
  given: readonly MemoryUpdate[],
  options: OperationOptions,
): Promise<MemoryResult> {
  const updates = checkedUpdates(given, options.operationId);
  const operation = operationOf("update", options, () => ({ updates: digestsOf(updates) }));
  const updatedAt = new Date(context.now());
  const vectorsOf = embedded(embedder);
  const draft = async ({ keys, head, records }: Standing): Promise<Draft> => {
    const changed = updates.map(({ id, text, metadata, expected }) => {
      const record = records.get(id);
      if (!record)
        throw new StorageError("NOT_FOUND", `There is no memory ${JSON.stringify(id)} here.`);
      if (expected !== undefined && record.revision !== expected)
        throw new ConflictError(
          `The memory ${JSON.stringify(id)} is at revision ${record.revision}, not ${expected}.`,
          { key: record.key },
        );
      const { revision: _, ...old } = decodeMemory(record);
      const content = contentOf(
        { ...old, text: text ?? old.text, updatedAt },
        metadata ?? old.metadata,
      );
      const isSame = content.text === old.text;
      return { record, content, isSame, bytes: sizeOf(content) - sizeOf(old) };
    });
    const vectors = await vectorsOf(changed.map(({ content }) => content.text));
    return {
      writes: changed.flatMap(({ record, content, isSame }, index) => {
        const vector = keys.vector(ordinalOf(record));
        // A vector of the text before would pass for this one's in a copy of the store.
        const dropped = embedder || isSame ? [] : [remove(vector)];
        return [
          put(record.key, encodeMemory(content)),
          ...vectorWrites(embedder, vector, vectors[index]),
          ...dropped,
        ];
      }),
      ids: updates.map(({ id }) => id),
      revisions: updates.map(() => 0),
      next: head.next,
      count: 0,
      bytes: changed.reduce((total, { bytes }) => total + bytes, 0),
      touched: changed.map(({ record }) => ordinalOf(record)),
    };
  };
  const ids = updates.map(({ id }) => id);
  return changeMemories(context, within, { operation, ids, makes: false, draft });
}

/** See `MemoryStore.delete`. */
export async function deleteMemories(
  context: StoreContext,
  within: MemoryScope,
  given: readonly string[],
  options: OperationOptions,
): Promise<Pick<MemoryResult, "ids" | "replayed">> {
  const ids = checkedIds(given, options.operationId);
  const operation = operationOf("delete", options, () => ({ ids }));
  const draft = async ({ keys, head, records }: Standing): Promise<Draft> => ({
    writes: [...records].flatMap(([id, record]) => [
      remove(record.key),
      remove(keys.id(id)),
      remove(keys.vector(ordinalOf(record))),
    ]),
    ids: ids.filter((id) => records.has(id)),
    revisions: [],
    next: head.next,
    count: -records.size,
    bytes: -[...records.values()].reduce((total, one) => total + sizeOf(decodeMemory(one)), 0),
    touched: [...records.values()].map(ordinalOf),
  });
  const change = { operation, ids, makes: false, draft };
  const { ids: gone, replayed } = await changeMemories(context, within, change);
  return { ids: gone, replayed };
}

/** Every write of memories compares the head, so the entries behind it need no expectation. */
function put(key: string, value: Uint8Array): Write {
  return { op: "put", key, value, expect: "any" };
}

function remove(key: string): Write {
  return { op: "delete", key, expect: "any" };
}

function vectorWrites(
  embedder: Embedder | undefined,
  key: string,
  vector: Float32Array | undefined,
): readonly Write[] {
  return embedder && vector ? [put(key, encodeVector(embedder.name, vector))] : [];
}

function contentOf(
  content: Omit<MemoryContent, "metadata">,
  metadata: MemoryContent["metadata"],
): MemoryContent {
  const { id, text, createdAt, updatedAt } = content;
  return { id, text, createdAt, updatedAt, ...(metadata === undefined ? {} : { metadata }) };
}

function refuseOwnId(known: boolean): void {
  if (known)
    throw new StorageError(
      "INVALID_ARGUMENT",
      "A memory's id begins with \"~\" and names none that is there: such ids are the store's to give.",
    );
}
