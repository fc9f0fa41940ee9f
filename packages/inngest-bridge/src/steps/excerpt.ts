import { encodeText } from "@perdure/checkpoint-core";
import { wellFormed } from "./text.ts";

/** What a step keeps of a value: the value itself where it is small, otherwise its size and how it begins; the whole of it stays in the store. */
export type Excerpt =
  | { readonly whole: unknown }
  | { readonly bytes: number; readonly preview: string };

/** Up to here a value stays in the run as it is, in bytes of its text. */
const INLINE_BYTES = 32 * 1024;

// Five results leave with their previews in less than the 10 KB that a run may keep for five calls.
const PREVIEW_UNITS = 1024;

/** A value as a step may return it. */
export function excerptOf(value: unknown): Excerpt {
  const text = encodeText(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= INLINE_BYTES) return { whole: value };
  const start = typeof value === "string" ? value : text;
  return { bytes, preview: wellFormed(start.slice(0, PREVIEW_UNITS)) };
}

/** The value itself, or what is said of it where it is too large to be repeated. */
export function shownExcerpt(excerpt: Excerpt): unknown {
  return "whole" in excerpt ? excerpt.whole : { truncated: true, ...excerpt };
}
