import { encodeText } from "@perdure/checkpoint-core";
import { wellFormed } from "./text.ts";

/** What a step keeps of a value: the value itself where it is small, otherwise its size and how it begins; the whole of it stays in the store. */
export type Excerpt =
  | { readonly whole: unknown }
  | { readonly bytes: number; readonly preview: string };

/** What is shown of a value that is too large to be repeated. */
export interface Truncated extends Glimpse {
  readonly truncated: true;
}

/** A value's size, in bytes of its text, and how it begins. */
export interface Glimpse {
  readonly bytes: number;
  readonly preview: string;
}

/** Up to here a value stays in the run as it is, in bytes of its text. */
const INLINE_BYTES = 32 * 1024;

const PREVIEW_UNITS = 1024;

// Enough to be recognised on a dashboard; hundreds of results stay small together.
const GLIMPSE_UNITS = 200;

/** A value as a step may return it. */
export function excerptOf(value: unknown): Excerpt {
  const text = encodeText(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= INLINE_BYTES) return { whole: value };
  const start = typeof value === "string" ? value : text;
  return { bytes, preview: wellFormed(start.slice(0, PREVIEW_UNITS)) };
}

/** How large a value is and how it begins, for a step whose value is read from the store. */
export function glimpseOf(value: unknown): Glimpse {
  const text = encodeText(value);
  const start = typeof value === "string" ? value : text;
  return {
    bytes: Buffer.byteLength(text),
    preview: wellFormed(start.slice(0, GLIMPSE_UNITS)),
  };
}

/** The value itself, or what is said of it where it is too large to be repeated. */
export function shownExcerpt(excerpt: Excerpt): unknown {
  return "whole" in excerpt ? excerpt.whole : { truncated: true, ...excerpt };
}
