import { digestOf, encodeText } from "@perdure/checkpoint-core";
import { INLINE_BYTES, isTruncated, truncated } from "./steps/excerpt.ts";

type Parts = Readonly<Record<string, unknown>>;

/**
 * A run's output as a report repeats it: as it is up to 32 KiB of its text. Beyond that the parts of an object are cut, the largest first and of equal ones the first by name, until the rest fits: what is
 * small stays. What has no parts, or too many, is cut as a whole. In place of what was cut stands its size, how it begins, and its digest.
 */
export function shortened(output: unknown): unknown {
  const bytes = bytesOf(output);
  if (bytes <= INLINE_BYTES) return output;
  const parts = partsOf(output);
  return (parts && withoutLarge(parts, bytes)) ?? truncated(output, digestByParts(output));
}

/** Whether a report has cut anything of its output. */
export function isShortened(shown: unknown): boolean {
  return isTruncated(shown) || Object.values(partsOf(shown) ?? {}).some(isTruncated);
}

/** Whether a stored output is the one that was cut, in whatever order its keys stand: and not what a run of the same name gave in a later life of its thread. */
export function isShortenedFrom(stored: unknown, shown: unknown): boolean {
  if (isTruncated(shown))
    return digestByParts(stored) === shown.digest || digestOf(stored) === digestOf(shown);
  const whole = partsOf(stored) ?? {};
  return Object.entries(partsOf(shown) ?? {}).every(([name, part]) => {
    if (!isTruncated(part)) return true;
    // What the agent gave may look like something cut itself.
    const digest = Object.hasOwn(whole, name) ? digestOf(whole[name]) : undefined;
    return digest === part.digest || digest === digestOf(part);
  });
}

/** A part that is no larger would hardly be smaller for being cut. */
const LEAST_CUT_BYTES = 2048;

function withoutLarge(output: Parts, bytes: number): Parts | undefined {
  const large = Object.entries(output)
    .map(([name, part]) => ({ name, part, own: bytesOf(part) }))
    .filter(({ part, own }) => own > LEAST_CUT_BYTES && !isTruncated(part))
    .toSorted((one, other) => other.own - one.own || (one.name < other.name ? -1 : 1));
  const cuts: Record<string, unknown> = {};
  let left = bytes;
  for (const { name, part, own } of large) {
    cuts[name] = truncated(part);
    left -= own - bytesOf(cuts[name]);
    if (left <= INLINE_BYTES) return { ...output, ...cuts };
  }
  return undefined;
}

/** The same for an output of which a part was cut before: a step may have, and what it gave is cut once more. */
function digestByParts(output: unknown): string {
  const parts = partsOf(output);
  if (!parts) return digestOf(output);
  const digests = Object.entries(parts).map(([name, part]) => [
    name,
    isTruncated(part) ? part.digest : digestOf(part),
  ]);
  return digestOf(Object.fromEntries(digests));
}

/** The fields of a plain object. */
function partsOf(output: unknown): Parts | undefined {
  if (typeof output !== "object" || output === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(output);
  return prototype === Object.prototype || prototype === null ? (output as Parts) : undefined;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(encodeText(value));
}
