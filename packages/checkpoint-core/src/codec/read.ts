import { IncompatibleError, StorageError } from "../errors.ts";
import {
  type Bounds,
  isOutOfStack,
  MAX_LITERAL,
  tooDeep,
  tooLongLiteral,
  tooManyNodes,
} from "./bounds.ts";
import {
  countNodes,
  isList,
  isObject,
  itemsOf,
  type Json,
  type JsonList,
  type JsonObject,
  setOwn,
  startsWithDollar,
} from "./json.ts";
import { fieldsOfPairs, PAIRS } from "./pairs.ts";

/**
 * The value that tagged JSON stands for, as a fresh copy. What is stored chooses no class, prototype or code: a tag means
 * one of a closed set. Throws `INCOMPATIBLE` for a tag that this version does not know, `CORRUPT` for a known one
 * that is malformed, `TOO_LARGE` beyond the bounds.
 */
export function fromJson(json: Json, bounds: Bounds): unknown {
  if (countNodes(json, bounds.nodes) > bounds.nodes) throw tooManyNodes(bounds);
  try {
    return read(json, { bounds, depth: 0 });
  } catch (error) {
    throw isOutOfStack(error) ? tooDeep("a stored value", bounds) : error;
  }
}

interface Place {
  readonly bounds: Bounds;
  readonly depth: number;
}

function read(json: Json, place: Place): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (place.depth >= place.bounds.depth) throw tooDeep("a stored value", place.bounds);
  return isList(json) ? readList(json, below(place)) : readObject(json, place);
}

function below(place: Place, levels = 1): Place {
  return { bounds: place.bounds, depth: place.depth + levels };
}

function readList(json: JsonList, place: Place): unknown[] {
  const items: unknown[] = [...itemsOf(json)];
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index] as Json;
    if (typeof item !== "object" || item === null) continue;
    if (isHole(item)) Reflect.deleteProperty(items, index);
    else items[index] = read(item, place);
  }
  return items;
}

function isHole(json: Json): boolean {
  return isObject(json) && json["$hole"] === true && Object.keys(json).length === 1;
}

function readObject(json: JsonObject, place: Place): unknown {
  const copy: Record<string, unknown> = { ...json };
  const inside = below(place);
  for (const key of Object.keys(copy)) {
    if (startsWithDollar(key)) return readDollar(json, place);
    const item = copy[key];
    if (typeof item === "object" && item !== null) copy[key] = read(item as Json, inside);
  }
  return copy;
}

function readDollar(json: JsonObject, place: Place): unknown {
  const keys = Object.keys(json);
  const tag = keys.find((key) => startsWithDollar(key) && key[1] !== "$");
  if (tag === undefined) return readFields({}, json, below(place));
  const payload = json[tag];
  if (keys.length > 1 || payload === undefined) throw corrupt(tag);
  const reader = readers.get(tag);
  if (reader === undefined) {
    throw new IncompatibleError(
      `The tag ${JSON.stringify(tag.slice(0, 40))} is not one that this version knows.`,
    );
  }
  return reader(payload, place);
}

function readFields(target: object, json: JsonObject, place: Place): object {
  for (const [key, item] of Object.entries(json)) {
    if (startsWithDollar(key) && key[1] !== "$") throw corrupt(key);
    setOwn(target, startsWithDollar(key) ? key.slice(1) : key, read(item, place));
  }
  return target;
}

type TagReader = (payload: Json, place: Place) => unknown;

const numbers: ReadonlyMap<Json, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

/** The closed set. */
const readers: ReadonlyMap<string, TagReader> = new Map<string, TagReader>(
  Object.entries({
    $undefined: (payload) => (payload === true ? undefined : refuse("$undefined")),
    $number: (payload) => numbers.get(payload) ?? refuse("$number"),
    $bigint: readBigInt,
    $date: readDate,
    $bytes: readBytes,
    $map: (payload, place) => new Map(list("$map", payload).map((pair) => readPair(pair, place))),
    $set: (payload, place) =>
      new Set(list("$set", payload).map((item) => read(item, below(place)))),
    $url: readUrl,
    $regexp: readRegExp,
    $error: readError,
    $entries: (payload, place) => {
      const fields = fieldsOfPairs({ [PAIRS]: payload });
      return fields ? readFields({}, fields, below(place)) : refuse(PAIRS);
    },
    $null: (payload, place) =>
      isObject(payload)
        ? readFields(Object.create(null) as object, fieldsOfPairs(payload) ?? payload, below(place))
        : refuse("$null"),
  } satisfies Record<string, TagReader>),
);

function readBigInt(payload: Json): bigint {
  if (typeof payload !== "string") throw corrupt("$bigint");
  if (payload.length > MAX_LITERAL) throw tooLongLiteral("BigInt", "a stored value");
  return /^(?:0|-?[1-9]\d*)$/.test(payload) ? BigInt(payload) : refuse("$bigint");
}

function readDate(payload: Json): Date {
  const date = new Date(typeof payload === "number" ? payload : Number.NaN);
  if (payload !== null && date.getTime() !== payload) throw corrupt("$date");
  return date;
}

function readBytes(payload: Json): Uint8Array {
  if (typeof payload !== "string") throw corrupt("$bytes");
  const bytes = Buffer.from(payload, "base64");
  if (bytes.toString("base64") !== payload) throw corrupt("$bytes");
  return new Uint8Array(bytes);
}

function readPair(pair: Json, place: Place): [unknown, unknown] {
  const [key, item, ...more] = list("$map", pair);
  if (key === undefined || item === undefined || more.length > 0) throw corrupt("$map");
  return [read(key, below(place, 2)), read(item, below(place, 2))];
}

function readUrl(payload: Json): URL {
  const url = typeof payload === "string" ? URL.parse(payload) : null;
  if (url === null) throw corrupt("$url");
  return url;
}

function readRegExp(payload: Json): RegExp {
  const [source, flags, lastIndex = 0, ...more] = list("$regexp", payload);
  if (typeof source !== "string" || typeof flags !== "string" || more.length > 0) {
    throw corrupt("$regexp");
  }
  if (typeof lastIndex !== "number") throw corrupt("$regexp");
  if (source.length > MAX_LITERAL) throw tooLongLiteral("RegExp", "a stored value");
  try {
    const regexp = new RegExp(source, flags);
    regexp.lastIndex = lastIndex;
    return regexp;
  } catch (cause) {
    throw corrupt("$regexp", { cause });
  }
}

/** An Error whatever its name was; the name is data. Its stack is its name and message: where it was read says nothing. */
function readError(payload: Json, place: Place): Error {
  if (!isObject(payload)) throw corrupt("$error");
  const { name, message, code, cause, ...more } = payload;
  if (typeof name !== "string" || typeof message !== "string" || Object.keys(more).length > 0) {
    throw corrupt("$error");
  }
  const error = new Error(message);
  if (name !== "Error") hide(error, "name", name);
  hide(error, "stack", message === "" ? name : `${name}: ${message}`);
  if (cause !== undefined) hide(error, "cause", read(cause, below(place)));
  return code === undefined ? error : Object.assign(error, { code: readCode(code) });
}

function readCode(code: Json): string | number {
  return typeof code === "string" || typeof code === "number" ? code : refuse("$error");
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

function list(tag: string, payload: Json): readonly Json[] {
  return isList(payload) ? itemsOf(payload) : refuse(tag);
}

function refuse(tag: string): never {
  throw corrupt(tag);
}

function corrupt(tag: string, options: { readonly cause?: unknown } = {}): StorageError {
  return new StorageError(
    "CORRUPT",
    `What is stored under the tag ${JSON.stringify(tag.slice(0, 40))} is not what that tag holds.`,
    options,
  );
}
