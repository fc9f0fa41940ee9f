import { createHash, type Hash } from "node:crypto";
import type { Write } from "../../backend/contract.ts";
import { openFrame, sealFrame } from "../../codec/frame.ts";
import { isCheckpointKey } from "../checkpoints/schema.ts";
import type { OpenRecord } from "../partition.ts";

/** A record as it is to stand in another partition. */
export interface Carried {
  readonly key: string;
  readonly value: Uint8Array;
  readonly expiresAt?: number | undefined;
}

/**
 * A record without what only its own partition knows: a checkpoint that was rewritten in place says at which revision it was first written, and the revisions of the
 * target are others. Everything else is carried as it is.
 */
export function carried({ key, bytes, expiresAt }: OpenRecord): Carried {
  return { key, value: isCheckpointKey(key) ? withoutFirstRevision(bytes) : bytes, expiresAt };
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

function withoutFirstRevision(bytes: Uint8Array): Uint8Array {
  const { head, body } = openFrame(bytes);
  const { a: first, ...rest } = head as Readonly<Record<string, unknown>>;
  return first === undefined ? bytes : sealFrame(rest, body());
}
