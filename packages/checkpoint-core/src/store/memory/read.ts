import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import { checkPage } from "./arguments.ts";
import type { Memory, MemoryScope } from "./contract.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import { findPlace, type Place } from "./place.ts";
import { decodeHead, decodeMemory, decodeOrdinal, memoryKeys } from "./record.ts";

const PAGE = 100;

/** See `MemoryStore.get`. */
export async function getMemory(
  context: StoreContext,
  within: MemoryScope,
  id: string,
): Promise<Memory | undefined> {
  checkId("A memory's id", id);
  await context.ready();
  const now = context.now();
  const place = await findPlace(context, within, now);
  if (!place) return undefined;
  const { partition, root } = place;
  const keys = memoryKeys(root);
  const snapshot = await partition.read([keys.head, keys.id(id)], now);
  const head = decodeHead(snapshot.get(keys.head));
  const ordinal = head && decodeOrdinal(snapshot.get(keys.id(id)), head);
  if (ordinal === undefined) return undefined;
  const key = keys.memory(ordinal);
  const record = (await partition.read([key], now)).get(key);
  const memory = record && decodeMemory(record);
  return memory?.id === id ? memory : undefined;
}

/** See `MemoryStore.list`. A page of the engine is of one instant; the list goes on behind what was told, whatever was written meanwhile. */
export async function listMemories(
  context: StoreContext,
  within: MemoryScope,
  { limit = PAGE, cursor }: ListOptions,
): Promise<MemoryPage> {
  checkPage(limit);
  if (cursor !== undefined && !isCursor(cursor))
    throw new StorageError("INVALID_ARGUMENT", "cursor is none that a list has answered.");
  await context.ready();
  const now = context.now();
  const place = await findPlace(context, within, now);
  return place ? pageOf(place, { limit, cursor }, now) : { memories: [] };
}

interface ListOptions {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

interface MemoryPage {
  readonly memories: readonly Memory[];
  readonly cursor?: string;
}

async function pageOf(
  { partition, root }: Place,
  { limit, cursor = "~" }: { readonly limit: number; readonly cursor: string | undefined },
  now: number,
): Promise<MemoryPage> {
  const keys = memoryKeys(root);
  const head = decodeHead((await partition.read([keys.head], now)).get(keys.head));
  if (!head) return { memories: [] };
  const range = { from: keys.memory(head.from), reverse: true };
  const records: OpenRecord[] = [];
  let to: string | undefined = keys.memories + cursor;
  while (to !== undefined && records.length < limit) {
    const most = limit - records.length;
    const page: Awaited<ReturnType<Partition["scan"]>> = await partition.scan(
      { ...range, to, limit: most },
      now,
    );
    records.push(...page.records);
    to = page.next;
  }
  const memories = records.map(decodeMemory);
  const last = records.at(-1)?.key.slice(keys.memories.length);
  return to === undefined || last === undefined ? { memories } : { memories, cursor: last };
}

function isCursor(cursor: unknown): boolean {
  return typeof cursor === "string" && /^\d{16}$/.test(cursor);
}
