import { createHash } from "node:crypto";
import { INDEX_SHARDS } from "../context.ts";

/** Which of the index partitions lists an id: the same in every process. */
export function shardOf(id: string): number {
  const digest = createHash("sha256").update(Buffer.from(id, "utf16le")).digest();
  return digest.readUInt8(0) % INDEX_SHARDS;
}
