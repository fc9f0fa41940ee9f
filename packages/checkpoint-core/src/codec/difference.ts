import {
  isList,
  isObject,
  itemsOf,
  type Json,
  type JsonList,
  type JsonObject,
  setOwn,
} from "./json.ts";
import type { Path } from "./path.ts";
import { fieldsOf, type Splice } from "./splice.ts";

/**
 * Splices that make `after` out of `before`: the changed keys of objects, what was put into arrays and taken out, the middle of long strings. They are few where little
 * has changed, not the fewest: past stated bounds a value is set anew. `[]` exactly when both have the same text.
 */
export function differenceOf(before: Json, after: Json): readonly Splice[] {
  const difference = new Difference();
  difference.compare(before, after, []);
  return difference.splices;
}

/** Levels that are looked into; what lies below is set anew. Each level compares once more what its parent has compared. */
const MAX_LEVELS = 32;
/** How far apart items are looked for that stand elsewhere now, and how often in one comparison. */
const WINDOW = 16;
const MAX_PROBES = 4000;
/** Each splice copies the containers on its way: splices times width, beyond which the container is set anew. */
const MAX_COPIES = 200_000;
/** UTF-16 units from which on a text is worth looking into. */
const LONG_TEXT = 64;

class Difference {
  readonly splices: Splice[] = [];
  #probes = 0;

  compare(before: Json, after: Json, at: Path): void {
    if (before === after) return;
    if (typeof before === "string" && typeof after === "string") {
      this.#text(before, after, at);
      return;
    }
    if (at.length >= MAX_LEVELS || typeof before !== typeof after) {
      if (!isSame(before, after)) this.#set(at, after);
      return;
    }
    if (isList(before) && isList(after))
      this.#bounded(before.length, after, at, () => this.#items(before, after, at));
    else this.#fields(before, after, at);
  }

  #set(at: Path, value: Json): void {
    this.splices.push({ op: "set", at, value });
  }

  /** Takes the splices of a container back where applying them would cost more than setting it. */
  #bounded(width: number, after: Json, at: Path, compare: () => void): void {
    const first = this.splices.length;
    compare();
    if ((this.splices.length - first) * width <= MAX_COPIES) return;
    this.splices.length = first;
    this.#set(at, after);
  }

  #text(before: string, after: string, at: Path): void {
    const most = Math.min(before.length, after.length);
    const start = most < LONG_TEXT ? 0 : commonStart(before, after, most);
    const end = most < LONG_TEXT ? 0 : commonEnd(before, after, most - start);
    if (start + end < most / 2) {
      this.#set(at, after);
      return;
    }
    const insert = after.slice(start, after.length - end);
    const remove = before.length - end - start;
    this.splices.push({ op: "text", at, index: start, remove, insert });
  }

  #fields(before: Json, after: Json, at: Path): void {
    const old = fieldsOf(before);
    const now = fieldsOf(after);
    if (!old || !now || isBare(before) !== isBare(after)) {
      if (!isSame(before, after)) this.#set(at, after);
      return;
    }
    const width = Object.keys(old).length;
    this.#bounded(width, after, at, () => this.#keys(old, now, at));
  }

  #keys(old: JsonObject, now: JsonObject, at: Path): void {
    const left = {};
    for (const key of Object.keys(old)) {
      if (Object.hasOwn(now, key)) setOwn(left, key, true);
      else this.splices.push({ op: "remove", at: [...at, userKey(key)] });
    }
    const order = Object.keys(now);
    for (const key of order) {
      const value = now[key] as Json;
      const path = [...at, userKey(key)];
      if (Object.hasOwn(old, key)) this.compare(old[key] as Json, value, path);
      else this.#set(path, value);
      setOwn(left, key, true);
    }
    const found = Object.keys(left);
    if (order.some((key, index) => key !== found[index]))
      this.splices.push({ op: "order", at, keys: order.map(userKey) });
  }

  #items(before: JsonList, after: JsonList, at: Path): void {
    const old = itemsOf(before);
    const now = itemsOf(after);
    const most = Math.min(old.length, now.length);
    let start = 0;
    while (start < most && isSame(old[start], now[start])) start += 1;
    let end = 0;
    while (end < most - start && isSame(old.at(-1 - end), now.at(-1 - end))) end += 1;
    this.#middle(old.slice(start, old.length - end), now.slice(start, now.length - end), at, start);
  }

  /** Walks both at once. Whatever lies ahead of `next` is as it will be, so an index in the new list is one in the list at that moment. */
  #middle(old: readonly Json[], now: readonly Json[], at: Path, start: number): void {
    let from = 0;
    let next = 0;
    const replace = (remove: number, insert: readonly Json[]): void => {
      this.splices.push({ op: "items", at, index: start + next, remove, insert });
      from += remove;
      next += insert.length;
    };
    while (from < old.length && next < now.length) {
      const step = this.#step(old, now, from, next);
      if (step > 0) replace(step, []);
      else if (step < 0) replace(0, now.slice(next, next - step));
      else {
        this.compare(old[from] as Json, now[next] as Json, [...at, start + next]);
        from += 1;
        next += 1;
      }
    }
    if (from < old.length || next < now.length) replace(old.length - from, now.slice(next));
  }

  /** So many old items are gone here; or so many, below 0, are new; or 0: one stands in the other's place. */
  #step(old: readonly Json[], now: readonly Json[], from: number, next: number): number {
    if (isSame(old[from], now[next])) return 0;
    for (let ahead = 1; ahead <= WINDOW && this.#probes < MAX_PROBES; ahead += 1) {
      this.#probes += 1;
      if (from + ahead < old.length && isSame(old[from + ahead], now[next])) return ahead;
      if (next + ahead < now.length && isSame(old[from], now[next + ahead])) return -ahead;
    }
    return 0;
  }
}

/** The key as a user has it: without the escape. */
function userKey(key: string): string {
  return key.startsWith("$") ? key.slice(1) : key;
}

/** True for an object without a prototype. */
function isBare(node: Json): boolean {
  return isObject(node) && Object.hasOwn(node, "$null");
}

function commonStart(before: string, after: string, most: number): number {
  let length = 0;
  while (length < most && before.charCodeAt(length) === after.charCodeAt(length)) length += 1;
  return length;
}

function commonEnd(before: string, after: string, most: number): number {
  let length = 0;
  const [one, other] = [before.length - 1, after.length - 1];
  while (length < most && before.charCodeAt(one - length) === after.charCodeAt(other - length))
    length += 1;
  return length;
}

/** Whether two values have the same text, the order of keys included. */
function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return false;
  if (isList(one)) return isList(other) && isSameList(itemsOf(one), itemsOf(other));
  return !isList(other) && isSameObject(one, other);
}

function isSameObject(one: JsonObject, other: JsonObject): boolean {
  const keys = Object.keys(one);
  const others = Object.keys(other);
  return (
    keys.length === others.length &&
    keys.every((key, index) => key === others[index] && isSame(one[key], other[key]))
  );
}

function isSameList(one: readonly Json[], other: readonly Json[]): boolean {
  return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
}
