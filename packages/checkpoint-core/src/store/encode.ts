import { sealText } from "../codec/envelope.ts";
import { encodeText } from "../codec/text.ts";

/** A value as the bytes of a record. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE` for what cannot be kept. */
export function encodeValue(value: unknown): Uint8Array {
  return sealText(encodeText(value));
}

/**
 * The same bytes of a value that is ours: numbers and text under keys of our own, in which the codec would change nothing. A field that is `undefined` is left out.
 */
export function encodeFields(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return sealText(JSON.stringify(fields));
}
