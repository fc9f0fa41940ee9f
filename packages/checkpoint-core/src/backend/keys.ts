import { createHash, hash } from "node:crypto";

/** Digits of a revision in a key: enough for every safe integer, so that text order is number order. */
const REVISION_DIGITS = 16;
/** Digits of an entry's index within its write. */
const INDEX_DIGITS = 4;
/** A name whose encoded form is longer than this is replaced by its hash, so that every engine can hold it in a key. */
const MAX_NAME_BYTES = 200;
/** The same for names of writes, which stand in every record that a write leaves of itself. */
const MAX_SHORT_BYTES = 24;

/** A number as it stands in a key: fixed width, so that byte order is number order. */
export function ordinalKey(ordinal: number): string {
  return String(ordinal).padStart(REVISION_DIGITS, "0");
}

/** The key of an `append` entry: its prefix, the revision of the write, and the entry's index in the write's list. */
export function keyAt(prefix: string, revision: number, index: number): string {
  return `${prefix}${ordinalKey(revision)}${String(index).padStart(INDEX_DIGITS, "0")}`;
}

/** The keys that begin with a prefix, as a range: the key equal to the prefix is in it. Keys are printable ASCII, so DEL bounds them. */
export function prefixRange(prefix: string): { readonly from: string; readonly to: string } {
  return { from: prefix, to: `${prefix}\u007f` };
}

/**
 * Any string as printable ASCII that can stand in a key: letters, digits, `-`, `_` and `.` as they are, every other UTF-16 unit as `~` and four hex digits.
 * Two different strings never encode alike; one that would be longer than 200 bytes becomes `~~` and the SHA-256 of its units.
 */
export function encodeId(id: string): string {
  const encoded = escaped(id);
  return encoded.length <= MAX_NAME_BYTES ? encoded : `~~${hashUnits(id)}`;
}

/** The last name that was hashed: a call asks for the same one in the keys and in the ids that it makes. */
let lastShort = { id: "", encoded: "" };

/** The same in at most 24 bytes: a longer one becomes `~~` and the first 132 bits of the SHA-256 of its units. */
export function encodeShort(id: string): string {
  if (id === lastShort.id) return lastShort.encoded;
  const encoded = escaped(id);
  if (encoded.length <= MAX_SHORT_BYTES) return encoded;
  const digest = hash("sha256", Buffer.from(id, "utf16le"), "base64url");
  lastShort = { id, encoded: `~~${digest.slice(0, MAX_SHORT_BYTES - 2)}` };
  return lastShort.encoded;
}

/**
 * The name of a partition from its parts, as the backend gets it: printable ASCII, at most 300 bytes. Each part is encoded from its UTF-16 units behind its
 * length, so that no two lists of parts share a name, whatever characters they hold; `undefined` differs from every string.
 */
export function partitionName(kind: string, parts: readonly (string | undefined)[]): string {
  const encoded = parts.map((part) =>
    part === undefined ? "-" : `${part.length}.${escaped(part)}`,
  );
  const name = [kind, ...encoded].join("/");
  return name.length <= MAX_NAME_BYTES ? name : `${kind}/~~${hashUnits(name)}`;
}

/** The string that {@link encodeId} made this of; `undefined` for one of which only the hash is there. */
export function decodeId(encoded: string): string | undefined {
  if (encoded.startsWith("~~")) return undefined;
  return encoded.replace(/~([0-9a-f]{4})/g, (_, unit: string) =>
    String.fromCharCode(Number.parseInt(unit, 16)),
  );
}

/** In every name of every write, and there several times faster than `replace`. */
function escaped(text: string): string {
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (isPlain(unit)) continue;
    out += `${text.slice(from, at)}~${unit.toString(16).padStart(4, "0")}`;
    from = at + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

/** A letter, a digit, `-`, `.` or `_`. */
function isPlain(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) ||
    (unit >= 48 && unit <= 57) ||
    (unit >= 65 && unit <= 90) ||
    unit === 45 ||
    unit === 46 ||
    unit === 95
  );
}

function hashUnits(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "utf16le")).digest("hex");
}
