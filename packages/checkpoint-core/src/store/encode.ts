import { sealText } from "../codec/envelope.ts";
import { encodeText } from "../codec/text.ts";

/** A value as the bytes of a record. Throws `UNSUPPORTED_VALUE` or `TOO_LARGE` for what cannot be kept. */
export function encodeValue(value: unknown): Uint8Array {
  return sealText(encodeText(value));
}
