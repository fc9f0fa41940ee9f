import { createHash } from "node:crypto";
import { encodeId } from "../backend/keys.ts";
import { INDEX_SHARDS, type StoreContext } from "./context.ts";
import { encodeValue } from "./partition.ts";

/** Which of the index partitions lists an id: the same in every process. */
export function shardOf(id: string): number {
  const digest = createHash("sha256").update(Buffer.from(id, "utf16le")).digest();
  return digest.readUInt8(0) % INDEX_SHARDS;
}

/** The thread is listed among those of its tenant, before anything is written to it, so that lists and erasure find it. Written again it changes nothing else. */
export async function listThread(
  context: StoreContext,
  threadId: string,
  now: number,
): Promise<void> {
  const { user } = context.scope;
  const value = encodeValue({
    threadId,
    listedAt: now,
    ...(user === undefined ? {} : { owner: user }),
  });
  await context
    .index("d", shardOf(threadId))
    .write([{ op: "put", key: `t/${encodeId(threadId)}`, value, expect: "any" }], now);
}
