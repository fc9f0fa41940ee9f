import { digestOf, encodeText } from "@perdure/checkpoint-core";
import { wellFormed } from "./text.ts";

/** What a step keeps of a value: the value itself where it is small, otherwise its size and how it begins; the whole of it stays in the store. */
export type Excerpt = { readonly whole: unknown } | Cut;

/** What is left of a value that is too large to be repeated: its digest tells it from any other. */
export interface Cut extends Glimpse {
  readonly digest: string;
}

/** What is shown of a value that is too large to be repeated. */
export interface Truncated extends Cut {
  readonly truncated: true;
}

/** A value's size, in bytes of its text, and how it begins. */
export interface Glimpse {
  readonly bytes: number;
  readonly preview: string;
}

/** Up to here a value stays in the run as it is, in bytes of its text. */
export const INLINE_BYTES: number = 32 * 1024;

const PREVIEW_UNITS = 1024;

// Enough to be recognised on a dashboard; hundreds of results stay small together.
const GLIMPSE_UNITS = 200;

/** A value as a step may return it. */
export function excerptOf(value: unknown): Excerpt {
  const text = encodeText(value);
  const bytes = Buffer.byteLength(text);
  return bytes <= INLINE_BYTES ? { whole: value } : cutOf(value, text, bytes);
}

/** A value as it is shown where it is cut, however small it is. */
export function truncated(value: unknown, digest?: string): Truncated {
  const text = encodeText(value);
  const cut = cutOf(value, text, Buffer.byteLength(text));
  return { truncated: true, ...cut, ...(digest === undefined ? {} : { digest }) };
}

/** True for what is shown of a value that was cut. */
export function isTruncated(shown: unknown): shown is Truncated {
  const { truncated: isCut, bytes, preview, digest } = { ...(shown as Partial<Truncated> | null) };
  const said = typeof preview === "string" && typeof digest === "string";
  return isCut === true && typeof bytes === "number" && said;
}

function cutOf(value: unknown, text: string, bytes: number): Cut {
  const start = typeof value === "string" ? value : text;
  return { bytes, preview: wellFormed(start.slice(0, PREVIEW_UNITS)), digest: digestOf(value) };
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
