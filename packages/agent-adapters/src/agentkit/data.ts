import { decodeText, encodeText, isStorageError, StorageError } from "@perdure/checkpoint-core";

/** What stands in a state's data, by key; nothing for what cannot be kept (a function, a connection), which is made anew in each pass. */
export type Snapshot = ReadonlyMap<string, string | undefined>;

/** What a piece of work has changed in a state's data. */
export interface DataChange {
  readonly set: Readonly<Record<string, unknown>>;
  readonly removed: readonly string[];
}

/** The data as it is now. */
export function snapshotOf(data: object): Snapshot {
  return new Map(Object.entries(data).map(([key, value]) => [key, textOf(value)]));
}

/** What is different now; `undefined` where nothing is. Throws `UNSUPPORTED_VALUE` for a change that cannot be kept. */
export function changeSince(before: Snapshot, data: object): DataChange | undefined {
  const removed = [...before.keys()].filter((key) => !Object.hasOwn(data, key));
  const set: [string, unknown][] = [];
  for (const [key, value] of Object.entries(data)) {
    const text = textOf(value);
    const isKnown = before.has(key);
    if (isKnown && before.get(key) === text) continue;
    if (text === undefined && isKnown)
      throw new StorageError("UNSUPPORTED_VALUE", `state.data.${key} cannot be kept.`);
    if (text !== undefined) set.push([key, value]);
  }
  if (set.length === 0 && removed.length === 0) return undefined;
  return { set: Object.fromEntries(set), removed };
}

/** The data is as it was, and then as the change has it: what one pass has done to it itself does not count, what is stored does. */
export function putBack(data: object, before: Snapshot, change?: DataChange): void {
  for (const key of Object.keys(data)) if (!before.has(key)) Reflect.deleteProperty(data, key);
  for (const [key, text] of before)
    if (
      text !== undefined &&
      (!Object.hasOwn(data, key) || textOf(Reflect.get(data, key)) !== text)
    )
      put(data, key, decodeText(text));
  if (change) apply(data, change);
}

/** The data has what the change says. */
function apply(data: object, { set, removed }: DataChange): void {
  for (const key of removed) Reflect.deleteProperty(data, key);
  for (const [key, value] of Object.entries(set)) put(data, key, copyOf(value));
}

/** What of the data can be kept. */
export function keptOf(data: object): Readonly<Record<string, unknown>> {
  const kept = Object.entries(data).filter(([, value]) => textOf(value) !== undefined);
  return Object.fromEntries(kept);
}

/** A value that shares nothing with another run's; what cannot be copied stays itself. */
export function copyOf(value: unknown): unknown {
  const text = textOf(value);
  return text === undefined ? value : decodeText(text);
}

// Defined, not assigned: a key like `__proto__` is data here.
function put(data: object, key: string, value: unknown): void {
  const how = { configurable: true, enumerable: true, writable: true };
  Object.defineProperty(data, key, { value, ...how });
}

function textOf(value: unknown): string | undefined {
  try {
    return encodeText(value);
  } catch (error) {
    if (isStorageError(error)) return undefined;
    throw error;
  }
}
