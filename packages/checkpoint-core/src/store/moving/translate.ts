import { createHash, type Hash } from "node:crypto";
import type { Write } from "../../backend/contract.ts";
import { openFrame, sealFrame } from "../../codec/frame.ts";
import { isCheckpointKey } from "../checkpoints/schema.ts";
import type { OpenRecord } from "../partition.ts";
import type { HistoryEnds } from "./history-ends.ts";

/** A record as it is to stand in another partition. */
export interface Carried {
  readonly key: string;
  readonly value: Uint8Array;
  readonly expiresAt?: number | undefined;
}

/**
 * A record without what only its own partition knows, since the revisions of the target are others: a checkpoint that was rewritten in place says at which revision it was first
 * written, and which entries the history had at its time is told by theirs. The latter stands in the copy. Everything else is carried as it is.
 */
export function carried(
  { key, revision, bytes, expiresAt }: OpenRecord,
  ends?: HistoryEnds,
): Carried {
  const value = isCheckpointKey(key) ? movable(bytes, revision, ends) : bytes;
  return { key, value, expiresAt };
}

/** The entry that puts it. */
export function putOf({ key, value, expiresAt }: Carried): Write {
  const put = { op: "put", key, value, expect: "any" } as const;
  return expiresAt === undefined ? put : { ...put, expiresAt };
}

/** Bytes that it weighs. */
export function weightOf({ key, value }: Carried): number {
  return key.length + value.byteLength;
}

/** A digest of records in the order of their keys, the same on both sides of a copy. */
export function recordsDigest(): { add(record: Carried): void; hex(): string } {
  const hash: Hash = createHash("sha256");
  return {
    add({ key, value, expiresAt }) {
      hash.update(`${key.length} ${key} ${expiresAt ?? "-"} ${value.byteLength} `).update(value);
    },
    hex: () => hash.digest("hex"),
  };
}

function movable(bytes: Uint8Array, revision: number, ends: HistoryEnds | undefined): Uint8Array {
  if (!ends) return bytes;
  const { head, body } = openFrame(bytes);
  const { a: first = revision, e: end, ...rest } = head as StoredHead;
  return sealFrame({ ...rest, e: end ?? ends.at(first) }, body());
}

/** Of a checkpoint's head: its first revision where that is not the record's, and where the history ended. */
interface StoredHead {
  readonly a?: number;
  readonly e?: string;
}
