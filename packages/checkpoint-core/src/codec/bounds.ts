import { StorageError } from "../errors.ts";

/** What one state may weigh. Reading is held to the same bounds as writing, so that what was written can be read. */
export interface Bounds {
  /** Objects, arrays, maps, sets and errors inside each other. */
  readonly depth: number;
  /** JSON values in the text, those inside tags included. */
  readonly nodes: number;
  /** Bytes of the text in UTF-8. */
  readonly bytes: number;
}

/** 512 levels, 5,000,000 values, 256 MiB of text (a JavaScript string ends at 512 MiB). */
const defaultBounds: Bounds = Object.freeze({
  depth: 512,
  nodes: 5_000_000,
  bytes: 256 * 1024 * 1024,
});

// A level takes up to three frames, and a default stack holds about ten thousand.
const maxDepth = 2_000;

// Bounds pass through many hands in one call: they are checked by the first.
const checked = new WeakSet<Partial<Bounds>>();

/** The bounds in force. Throws `INVALID_ARGUMENT` for one that is not a whole number, or for a depth above 2,000. */
export function boundsOf(bounds: Partial<Bounds> = defaultBounds): Bounds {
  if (bounds === defaultBounds || checked.has(bounds)) return bounds as Bounds;
  const all: Bounds = Object.freeze({ ...defaultBounds, ...bounds });
  for (const name of ["depth", "nodes", "bytes"] as const) {
    if (!Number.isSafeInteger(all[name]) || all[name] < 1 || all.depth > maxDepth) {
      throw new StorageError(
        "INVALID_ARGUMENT",
        `The bound "${name}" is ${String(all[name])}; it must be a whole number above 0 (depth: at most ${maxDepth}).`,
      );
    }
  }
  checked.add(all);
  return all;
}

/** The bytes that `text` takes in UTF-8. Throws `TOO_LARGE` above the bound. */
export function boundedBytes(text: string, bounds: Bounds): number {
  const bytes = Buffer.byteLength(text);
  if (bytes > bounds.bytes) throw tooManyBytes(bytes, bounds);
  return bytes;
}

/**
 * Throws `TOO_LARGE` for a text of JSON that holds more values than the bound: before it is parsed, since a few KB inflate to a text of 100 million empty objects, for which no heap has room.
 * Of a text that is too short for so many nothing is looked at.
 */
export function boundValues(text: string, bounds: Bounds): void {
  if (holdsMore(text, bounds.nodes)) throw tooManyNodes(bounds);
}

/** Does a text of JSON hold more values than so many? */
export function holdsMore(text: string, nodes: number): boolean {
  if (text.length < 2 * nodes) return false;
  let count = 1;
  for (let at = 0; at < text.length && count <= nodes; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(text, at);
    else if (unit === COMMA || (isOpening(unit) && !isClosing(text.charCodeAt(at + 1)))) count += 1;
  }
  return count > nodes;
}

const [QUOTE, BACKSLASH, COMMA] = [34, 92, 44];

function isOpening(unit: number): boolean {
  return unit === 91 || unit === 123;
}

function isClosing(unit: number): boolean {
  return unit === 93 || unit === 125;
}

/** Where the string ends that starts at `start`: its closing quote has an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((end - first) % 2 === 0) return end;
  }
  return text.length;
}

export function tooManyBytes(bytes: number, bounds: Bounds): StorageError {
  return new StorageError(
    "TOO_LARGE",
    `The state takes ${Number.isFinite(bytes) ? `${bytes} bytes, ` : ""}more than the ${bounds.bytes} bytes allowed.`,
  );
}

/** Characters of a number or of a pattern that takes longer to read than in proportion to its length: 100,000 digits take milliseconds, 100 million would take minutes. */
export const MAX_LITERAL = 100_000;

/** The error for one that is longer. */
export function tooLongLiteral(what: string, where: string): StorageError {
  return new StorageError(
    "TOO_LARGE",
    `The ${what} at ${where} is longer than the ${MAX_LITERAL} characters allowed.`,
  );
}

export function tooManyNodes(bounds: Bounds): StorageError {
  return new StorageError(
    "TOO_LARGE",
    `The state holds more than the ${bounds.nodes} values allowed.`,
  );
}

/** True for the error of a call stack that gave out: the value may be fine, and the caller is deep already. */
export function isOutOfStack(error: unknown): boolean {
  return error instanceof RangeError && /call stack/.test(error.message);
}

export function tooDeep(where: string, bounds: Bounds): StorageError {
  return new StorageError(
    "TOO_LARGE",
    `The state is nested deeper than the ${bounds.depth} levels allowed, at ${where}.`,
  );
}
