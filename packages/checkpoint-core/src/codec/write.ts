import { types } from "node:util";
import { StorageError } from "../errors.ts";
import {
  type Bounds,
  isOutOfStack,
  MAX_LITERAL,
  tooDeep,
  tooLongLiteral,
  tooManyNodes,
} from "./bounds.ts";
import { escapeKey, type Json, setOwn, startsWithDollar } from "./json.ts";
import { extraOf, isEscaped, objectOf } from "./pairs.ts";
import { type Path, showPath } from "./path.ts";

export interface Written {
  readonly json: Json;
  /** JSON values in it, itself included. */
  readonly nodes: number;
}

/**
 * A copy of `value` as tagged JSON; nothing of it is the user's. Every property is read once (an accessor's value is kept as
 * data). Own enumerable string keys are what is kept of an object, in their order.
 *
 * Throws `UNSUPPORTED_VALUE` with the path of what cannot be kept: functions, symbols, symbol keys, cycles, promises, other
 * typed arrays, instances of any class without a tag, properties added to an array; what an accessor or a
 * proxy throws is the cause. Throws `TOO_LARGE` beyond the bounds. `at` is where the value will lie in its state.
 */
export function toJson(value: unknown, bounds: Bounds, at: Path = []): Written {
  const writer = new Writer(bounds, at);
  try {
    return { json: writer.write(value), nodes: writer.nodes };
  } catch (cause) {
    throw writer.explain(cause);
  }
}

/** More bits than a digit holds. */
const BITS_OF_DIGIT = 4;

type Tagged = { readonly [tag: `$${string}`]: Json };

class Writer {
  nodes = 1;
  readonly #bounds: Bounds;
  readonly #path: (string | number)[];
  readonly #ancestors: { readonly value: object; readonly depth: number }[] = [];

  constructor(bounds: Bounds, at: Path) {
    this.#bounds = bounds;
    this.#path = [...at];
  }

  write(value: unknown): Json {
    if (isPlain(value)) return value;
    if (typeof value === "object") return this.#within(value);
    if (typeof value === "number") {
      return this.#tag("$number", value === 0 ? "-0" : String(value));
    }
    if (typeof value === "undefined") return this.#tag("$undefined", true);
    if (typeof value === "bigint") return this.#bigint(value);
    throw this.#unsupported(`a ${typeof value}`);
  }

  explain(cause: unknown): unknown {
    if (cause instanceof StorageError) {
      return cause.code === "TOO_LARGE" ? (this.#cycle() ?? cause) : cause;
    }
    if (isOutOfStack(cause)) return tooDeep(showPath(this.#path), this.#bounds);
    return new StorageError(
      "UNSUPPORTED_VALUE",
      `The value at ${showPath(this.#path)} cannot be kept: reading it threw.`,
      { cause },
    );
  }

  #within(value: object): Json {
    this.#ancestors.push({ value, depth: this.#path.length });
    if (this.#path.length + 1 > this.#bounds.depth) {
      throw tooDeep(showPath(this.#path), this.#bounds);
    }
    const json = this.#kind(value);
    this.#ancestors.pop();
    return json;
  }

  #kind(value: object): Json {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#object(value);
    if (Array.isArray(value)) return this.#array(value, prototype);
    if (prototype === null) return this.#tag("$null", this.#object(value));
    const name = className(prototype);
    // Another realm's plain object, as test runners and `node:vm` make them.
    if (name === "Object" && Object.getPrototypeOf(prototype) === null) return this.#object(value);
    return this.#instance(value, name);
  }

  #object(value: object): Json {
    const copy: Record<string, unknown> = { ...value };
    if (Object.getOwnPropertySymbols(copy).length > 0) throw this.#unsupported("a symbol as key");
    const keys = Object.keys(copy);
    this.#count(keys.length);
    let asItIs = true;
    for (const key of keys) {
      const item = copy[key];
      if (startsWithDollar(key) || isEscaped(key)) asItIs = false;
      if (!isPlain(item)) copy[key] = this.#at(key, item);
    }
    return asItIs ? (copy as Record<string, Json>) : this.#rekeyed(copy as Record<string, Json>);
  }

  #rekeyed(fields: Readonly<Record<string, Json>>): Json {
    const out: Record<string, Json> = {};
    for (const [key, item] of Object.entries(fields)) setOwn(out, escapeKey(key), item);
    this.#count(extraOf(out).nodes);
    return objectOf(out);
  }

  #array(value: readonly unknown[], prototype: unknown): Json {
    if (prototype !== Array.prototype && className(prototype) !== "Array") {
      throw this.#unsupported(`an instance of ${className(prototype)}`);
    }
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#unsupported("a symbol as key");
    const { length } = value;
    this.#count(length);
    const copy: Json[] = [];
    let holes = 0;
    for (let index = 0; index < length; index += 1) {
      const item = value[index];
      if (isPlain(item)) copy.push(item);
      else if (item === undefined && !(index in value)) {
        copy.push(this.#tag("$hole", true));
        holes += 1;
      } else copy.push(this.#at(index, item));
    }
    if (Object.keys(value).length > length - holes) {
      throw this.#unsupported("an array with properties of its own");
    }
    return copy;
  }

  #instance(value: object, name: string): Json {
    if (types.isNativeError(value) || value instanceof Error) return this.#error(value);
    switch (name) {
      case "Date":
        return this.#date(this.#genuine(value, name, types.isDate));
      case "Map":
        return this.#map(this.#genuine(value, name, types.isMap));
      case "Set":
        return this.#set(this.#genuine(value, name, types.isSet));
      case "RegExp":
        return this.#regexp(this.#genuine(value, name, types.isRegExp));
      case "URL":
        return this.#tag("$url", this.#genuine(value, name, isUrl).href);
      case "Uint8Array":
      case "Buffer":
        return this.#bytes(this.#genuine(value, name, types.isUint8Array));
      default:
        throw this.#unsupported(`an instance of ${name}`);
    }
  }

  /** The value itself, when it is what its class's name says: anyone can name a class "Date". */
  #genuine<T extends object>(value: object, name: string, is: (value: unknown) => value is T): T {
    if (!is(value))
      throw this.#unsupported(`an instance of a class that only calls itself ${name}`);
    return value;
  }

  #bigint(value: bigint): Json {
    // Printing takes as long as reading, so the bits are looked at first.
    const isShort = BigInt.asIntN(MAX_LITERAL * BITS_OF_DIGIT, value) === value;
    const text = isShort ? value.toString() : undefined;
    if (text === undefined || text.length > MAX_LITERAL)
      throw tooLongLiteral("BigInt", showPath(this.#path));
    return this.#tag("$bigint", text);
  }

  #bytes(value: Uint8Array): Json {
    const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return this.#tag("$bytes", view.toString("base64"));
  }

  #date(value: Date): Json {
    const time = Date.prototype.getTime.call(value);
    return this.#tag("$date", Number.isNaN(time) ? null : time);
  }

  #map(value: ReadonlyMap<unknown, unknown>): Json {
    this.#count(3 * value.size);
    const pairs = [...Map.prototype.entries.call(value)].map(([key, item], index) => {
      this.#path.push(index);
      const pair = [this.#at("key", key), this.#at("value", item)];
      this.#path.pop();
      return pair;
    });
    return this.#tag("$map", pairs);
  }

  #set(value: ReadonlySet<unknown>): Json {
    this.#count(value.size);
    const items = [...Set.prototype.values.call(value)];
    return this.#tag(
      "$set",
      items.map((item, index) => this.#at(index, item)),
    );
  }

  #regexp(value: RegExp): Json {
    const { source } = value;
    if (source.length > MAX_LITERAL) throw tooLongLiteral("RegExp", showPath(this.#path));
    const parts: Json[] = [source, value.flags];
    if (value.lastIndex !== 0) parts.push(value.lastIndex);
    this.#count(parts.length);
    return this.#tag("$regexp", parts);
  }

  #error(value: Error): Json {
    const { name, message, code }: { name: unknown; message: unknown; code?: unknown } = value;
    const fields: Record<string, Json> = { name: textOr(name, "Error"), message: textOr(message) };
    if (typeof code === "string" || (typeof code === "number" && Number.isFinite(code))) {
      fields["code"] = code;
    }
    if (Object.hasOwn(value, "cause")) fields["cause"] = this.#at("cause", value.cause);
    this.#count(Object.keys(fields).length);
    return this.#tag("$error", fields);
  }

  #at(segment: string | number, value: unknown): Json {
    this.#path.push(segment);
    const json = this.write(value);
    this.#path.pop();
    return json;
  }

  #tag(tag: keyof Tagged, payload: Json): Json {
    this.#count(1);
    return { [tag]: payload };
  }

  #count(more: number): void {
    this.nodes += more;
    if (this.nodes > this.#bounds.nodes) throw tooManyNodes(this.#bounds);
  }

  /** A cycle always ends at a bound; the first value that lies in itself is where it closes. */
  #cycle(): StorageError | undefined {
    const seen = new Set<object>();
    for (const { value, depth } of this.#ancestors) {
      if (seen.has(value)) {
        this.#path.length = depth;
        return this.#unsupported("a reference to something that it lies in (a cycle)");
      }
      seen.add(value);
    }
    return undefined;
  }

  #unsupported(what: string): StorageError {
    return new StorageError(
      "UNSUPPORTED_VALUE",
      `The value at ${showPath(this.#path)} cannot be kept: it is ${what}.`,
    );
  }
}

function isUrl(value: unknown): value is URL {
  return value instanceof URL;
}

/** True for what JSON says as it is: the common case, kept out of the recursion. */
function isPlain(value: unknown): value is string | number | boolean | null {
  if (typeof value === "number") {
    return Number.isFinite(value) && (value !== 0 || Object.is(value, 0));
  }
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function textOr(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

function className(prototype: unknown): string {
  const { constructor }: { constructor?: unknown } = Object(prototype);
  const name: unknown = typeof constructor === "function" ? constructor.name : undefined;
  return typeof name === "string" && name !== "" ? name : "an unnamed class";
}
