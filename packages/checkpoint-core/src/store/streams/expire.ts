import { isStorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import type { Task } from "../maintenance/task.ts";
import type { Partition } from "../partition.ts";
import { belongingOf, listStream, noteStream, STREAM_WORK, streamPartition } from "./belonging.ts";
import { decodeHead, EVENTS, HEAD, headWrite, type StoredHead } from "./record.ts";

/**
 * Frees the events of a stream that has expired, and drops one whose thread is gone. The head of an expired one stays, so that readers and late writers are told. One that was written to
 * since it was noted is noted again.
 */
export const streamTask: Task = {
  kind: STREAM_WORK,
  async run(context, { subject: streamId }, hasTime) {
    const now = context.now();
    const partition = streamPartition(context, streamId);
    const record = (await partition.read([HEAD], now)).get(HEAD);
    if (!record) {
      await finishDrop(partition, now);
      return "done";
    }
    const stored = decodeHead(record);
    try {
      return await look({ context, partition, streamId, stored, now, hasTime });
    } catch (error) {
      // Somebody wrote meanwhile: what stands is looked at by the next call.
      if (isStorageError(error) && error.code === "CONFLICT") return "again";
      throw error;
    }
  },
};

/** A drop that was cut short is finished; held to a revision that no record has, it begins none. */
async function finishDrop(partition: Partition, now: number): Promise<void> {
  try {
    await partition.drop(now, { key: HEAD, revision: 0 });
  } catch (error) {
    if (!isStorageError(error) || error.code !== "CONFLICT") throw error;
  }
}

interface Looking {
  readonly context: StoreContext;
  readonly partition: Partition;
  readonly streamId: string;
  readonly stored: StoredHead;
  readonly now: number;
  readonly hasTime: () => boolean;
}

async function look(looking: Looking): Promise<"done" | "again"> {
  const { context, partition, streamId, stored, now, hasTime } = looking;
  const { head, revision } = stored;
  if (!(await belongs(looking))) {
    await partition.drop(now, { key: HEAD, revision });
    return "done";
  }
  const { expiresAt } = head;
  if (head.threadId === undefined) await listStream(context, streamId, head.owner, now);
  if (expiresAt === undefined) return "done";
  if (!head.freed && expiresAt > now) {
    await noteStream(context, streamId, expiresAt, now);
    return "done";
  }
  // From here on no clock that is behind lets anybody write to it.
  if (!head.freed) await partition.write([headWrite({ ...head, freed: true }, revision)], now);
  return (await free(partition, now, hasTime)) ? "done" : "again";
}

async function belongs({ context, streamId, stored, now }: Looking): Promise<boolean> {
  try {
    await belongingOf(context, streamId, stored.head, now);
    return true;
  } catch (error) {
    if (isStorageError(error) && error.code === "DELETED") return false;
    throw error;
  }
}

/** Records of one write that frees. */
const BATCH = 100;

/** True when nothing is left but the head. */
async function free(partition: Partition, now: number, hasTime: () => boolean): Promise<boolean> {
  const limit = Math.min(BATCH, partition.backend.limits.maxWrites);
  for (const [from, to] of [
    [EVENTS, HEAD],
    ["o/", "o/~"],
  ] as const)
    for (;;) {
      const { records } = await partition.scan({ from, to, limit }, now, { partial: true });
      if (records.length === 0) break;
      if (!hasTime()) return false;
      await partition.write(
        records.map(({ key }) => ({ op: "delete", key, expect: "any" }) as const),
        now,
      );
    }
  return true;
}
