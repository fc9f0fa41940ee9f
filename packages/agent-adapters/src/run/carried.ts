import { encodeText } from "@perdure/checkpoint-core";

/** A stored value as a step returns it: itself where it is small; otherwise it is read from the store again, in each pass of the function. */
export type Carried<T> = { readonly whole: T } | { readonly large: true };

// A thousand steps of this size stay well below what a run may hold.
const INLINE_BYTES = 4 * 1024;

/** A value as it goes through a step. */
export function carried<T>(value: T): Carried<T> {
  return Buffer.byteLength(encodeText(value)) <= INLINE_BYTES ? { whole: value } : { large: true };
}
