import { StorageError } from "../errors.ts";
import {
  type Bounds,
  boundedBytes,
  boundsOf,
  boundValues,
  isOutOfStack,
  tooDeep,
  tooManyBytes,
} from "./bounds.ts";
import { type Json, textOfJson } from "./json.ts";
import { fromJson } from "./read.ts";
import { toJson } from "./write.ts";

/**
 * The text of a value: JSON as `JSON.stringify` writes it, with a closed set of tags for what JSON cannot say (the table is in
 * `json.ts`). `decodeText(encodeText(v))` equals `v`, and the text of that is the same text; it survives UTF-8, whatever the
 * strings hold. References to one object from several places become copies.
 *
 * Throws `UNSUPPORTED_VALUE`, naming the path, for what cannot be kept, and `TOO_LARGE` beyond the bounds.
 */
export function encodeText(value: unknown, bounds?: Partial<Bounds>): string {
  const limits = boundsOf(bounds);
  const text = printJson(toJson(value, limits).json, limits);
  // No unit takes more than three bytes.
  if (text.length > limits.bytes / 3) boundedBytes(text, limits);
  return text;
}

/**
 * The value of a text that `encodeText` wrote. Throws `CORRUPT` for what is not such a text, `INCOMPATIBLE` for a tag of a newer
 * version, `TOO_LARGE` beyond the bounds.
 */
export function decodeText(text: string, bounds?: Partial<Bounds>): unknown {
  const limits = boundsOf(bounds);
  return fromJson(parseJson(text, limits), limits);
}

export function printJson(json: Json, bounds: Bounds): string {
  try {
    return textOfJson(json);
  } catch (cause) {
    if (isOutOfStack(cause)) throw tooDeep("the text", bounds);
    if (cause instanceof RangeError) throw tooManyBytes(Infinity, bounds);
    throw cause;
  }
}

/** The JSON of a text. Throws `CORRUPT` for what is none, `TOO_LARGE` beyond the bounds, before anything is made of it. */
export function parseJson(text: string, bounds: Bounds): Json {
  // No unit takes more than three bytes.
  if (text.length > bounds.bytes / 3) boundedBytes(text, bounds);
  boundValues(text, bounds);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new StorageError("CORRUPT", "The stored text is not JSON.", { cause });
  }
}
