import { createHash } from "node:crypto";

/** The keys of a partition: its revision, the hash of its records, the sorted set of their keys. */
export type PartitionKeys = readonly [revision: string, records: string, order: string];

/** A name that is longer than this is replaced by its hash. */
const MAX_NAME_BYTES = 128;

/**
 * The three keys of a partition. Its name stands in braces, so that they share a slot of a Cluster; a name that would end the braces, that is long, or that looks like a hash here is hashed.
 * Core's own names are printable ASCII.
 */
export function keysOf(keyPrefix: string, name: string): PartitionKeys {
  const readable = name.length <= MAX_NAME_BYTES && /^[!-"$-z|~][!-z|~]*$/.test(name);
  const tag = readable ? name : `#${hashUnits(name)}`;
  const stem = `${keyPrefix}{${tag}}`;
  return [`${stem}v`, `${stem}r`, `${stem}k`];
}

function hashUnits(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "utf16le")).digest("base64url");
}
