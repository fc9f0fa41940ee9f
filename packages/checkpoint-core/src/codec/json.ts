/**
 * A state as the codec holds it: JSON, with what JSON cannot say written as tags.
 *
 * A tag is an object with one key, which starts with one `$`: `{"$date":1700000000000}`. A key of the user's that starts
 * with `$` is written with one `$` more, so no data can pass for a tag, and an object's text depends on nothing but
 * its own keys and values.
 *
 * | value | text |
 * |---|---|
 * | `undefined`, a hole in an array | `{"$undefined":true}`, `{"$hole":true}` |
 * | `NaN`, `Infinity`, `-Infinity`, `-0` | `{"$number":"NaN"}` … |
 * | BigInt, of at most 100,000 characters | `{"$bigint":"123"}` |
 * | Date, an invalid one | `{"$date":<ms>}`, `{"$date":null}` |
 * | Uint8Array (a Buffer comes back as one) | `{"$bytes":"<base64>"}` |
 * | Map, Set | `{"$map":[[key,value],…]}`, `{"$set":[value,…]}` |
 * | URL | `{"$url":"<href>"}` |
 * | RegExp, of a source of at most 100,000 characters | `{"$regexp":["<source>","<flags>"]}`, and `lastIndex` as a third where it is not 0 |
 * | Error | `{"$error":{"name":…,"message":…,"code"?:…,"cause"?:…}}` |
 * | an object without a prototype | `{"$null":{…}}` |
 * | `{ $a: 1 }` | `{"$$a":1}` |
 * | an object with a key in which JSON escapes something | `{"$entries":[[key,value],…]}`, its keys as they would be written otherwise (`pairs.ts` says why) |
 */
export type Json = null | boolean | number | string | JsonList | JsonObject;
export type JsonList = readonly Json[] | GrownList;
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A list that has been appended to: the first `length` items of a buffer that it shares with the longer lists made from
 * it. Items below `length` never change, so every version stays as it was; an append to a version that
 * is no longer the longest copies.
 */
export class GrownList {
  readonly length: number;
  readonly #buffer: Json[];

  private constructor(buffer: Json[]) {
    this.#buffer = buffer;
    this.length = buffer.length;
  }

  static of(list: JsonList, more: readonly Json[]): GrownList {
    const buffer =
      list instanceof GrownList && list.#buffer.length === list.length
        ? list.#buffer
        : [...itemsOf(list)];
    for (const item of more) buffer.push(item);
    return new GrownList(buffer);
  }

  at(index: number): Json | undefined {
    return index < this.length ? this.#buffer[index] : undefined;
  }

  /** The items; not a copy where this is the longest version, so it must not be kept or changed. */
  toJSON(): readonly Json[] {
    return this.#buffer.length === this.length ? this.#buffer : this.#buffer.slice(0, this.length);
  }
}

export function isList(json: Json | undefined): json is JsonList {
  return Array.isArray(json) || json instanceof GrownList;
}

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !isList(json);
}

/** The items of a list, to be read at once. */
export function itemsOf(list: JsonList): readonly Json[] {
  return list instanceof GrownList ? list.toJSON() : list;
}

const dollar = 36;

export function startsWithDollar(key: string): boolean {
  return key.charCodeAt(0) === dollar;
}

/** The key under which a user's key is written. */
export function escapeKey(key: string): string {
  return startsWithDollar(key) ? `$${key}` : key;
}

/** Sets an own property whatever the key is: `__proto__` is data. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

/** How many JSON values `json` holds, itself included; stops soon after `limit`. Keeps no stack of calls, so any depth is fine. */
export function countNodes(json: Json, limit: number): number {
  let count = 1;
  const open: Json[] = [json];
  for (let next = open.pop(); next !== undefined && count <= limit; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const children = isList(next) ? itemsOf(next) : Object.values(next);
    count += children.length;
    for (const child of children) if (typeof child === "object" && child !== null) open.push(child);
  }
  return count;
}

/** The text of `json`. */
export function textOfJson(json: Json): string {
  return JSON.stringify(json);
}
