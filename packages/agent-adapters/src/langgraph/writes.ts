import { createHash } from "node:crypto";
import {
  type CheckpointPendingWrite,
  compareWritesSortKeys,
  type PendingWrite,
  type SerializerProtocol,
  WRITES_IDX_MAP,
  type WritesSortKey,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import { type Attachment, type Checkpointer, StorageError } from "@perdure/checkpoint-core";
import { pack, type Packed, unpack } from "./packed.ts";

/*
 * The writes of a checkpoint's tasks are kept beside it, each an attachment:
 *
 *   [task, index]           what the task wrote, and to which channel
 *   [digest, part number]   a part of the text of one that is too large for one attachment; written before it
 */

/** One write as it is kept. */
interface StoredWrite {
  readonly task: string;
  readonly path: string;
  readonly index: number;
  readonly channel: string;
  /** How many writes there are of the task, those to special channels aside: while fewer are here, the task has not ended. None in what an older version has kept. */
  readonly of?: number;
  readonly value: Packed | { readonly digest: string; readonly parts: number };
}

/** UTF-16 units of the text of one attachment: an attachment takes 1 MiB, and a unit at most six bytes. */
const PART_UNITS = 150_000;

/** What a task writes to one channel. */
export interface TaskWrite {
  readonly task: string;
  readonly path: string;
  readonly write: PendingWrite;
  /** Its place among the task's writes. */
  readonly at: number;
  /** How many of those are to ordinary channels. */
  readonly of: number;
}

/** Whether a task has only one write to the channel: an error, an interrupt, what it is resumed with. */
export function isSpecial([channel]: PendingWrite): boolean {
  return Object.hasOwn(WRITES_IDX_MAP, channel);
}

/**
 * The write is kept beside the checkpoint. One that is there already stays, but for those of which a task has only one (an error, an interrupt, what it is resumed with): the newer one takes its
 * place.
 */
export async function keepWrite(
  {
    checkpoints,
    serde,
  }: { readonly checkpoints: Checkpointer; readonly serde: SerializerProtocol },
  threadId: string,
  checkpoint: string,
  { task, path, write: [channel, value], at, of }: TaskWrite,
): Promise<void> {
  const index = WRITES_IDX_MAP[channel] ?? at;
  const packed = await pack(serde, value);
  const keep = async (key: string, kept: unknown, ifAbsent: boolean): Promise<void> =>
    checkpoints.attach(threadId, checkpoint, key, kept, { ifAbsent });
  const text = textOf(packed);
  const stored: StoredWrite = { task, path, index, channel, of, value: packed };
  const key = JSON.stringify([task, index]);
  if (text.length <= PART_UNITS) return keep(key, stored, index >= 0);
  const digest = createHash("sha256").update(text, "utf16le").digest("base64url");
  const parts = Math.ceil(text.length / PART_UNITS);
  for (let part = 0; part < parts; part += 1)
    await keep(
      JSON.stringify([digest, part]),
      text.slice(part * PART_UNITS, (part + 1) * PART_UNITS),
      true,
    );
  await keep(key, { ...stored, value: { digest, parts } }, index >= 0);
}

/** The writes that are kept beside a checkpoint, in the order in which a graph applies them. Of a task whose writes are not all here, as its process is at them or has died at them, none: a graph would go on with a part. */
export async function writesIn(
  serde: SerializerProtocol,
  attachments: readonly Attachment[],
): Promise<CheckpointPendingWrite[]> {
  const parts = new Map<string, string>();
  const stored: (readonly [WritesSortKey, StoredWrite])[] = [];
  for (const { key, value } of attachments)
    if (typeof value === "string") parts.set(key, value);
    else if (isStored(value)) {
      const { path, task, index } = value;
      stored.push([writesSortKey(path, task, index), value]);
    }
  const whole = stored.filter(([, { task, index }]) => index < 0 || isWhole(task, stored));
  whole.sort(([one], [other]) => compareWritesSortKeys(one, other));
  return Promise.all(
    whole.map(async ([, { task, channel, value }]): Promise<CheckpointPendingWrite> => {
      const packed = "digest" in value ? packedIn(value, parts) : value;
      return [task, channel, await unpack(serde, packed)];
    }),
  );
}

function isWhole(task: string, stored: readonly (readonly [unknown, StoredWrite])[]): boolean {
  const own = stored.filter(([, write]) => write.task === task && write.index >= 0);
  return own.every(([, { of = 0 }]) => own.length >= of);
}

/** Bytes of a serializer of somebody's own go into a text as well. */
function textOf(packed: Packed): string {
  if ("json" in packed) return JSON.stringify({ json: packed.json });
  return JSON.stringify({
    type: packed.type,
    base64: Buffer.from(packed.bytes).toString("base64"),
  });
}

function packedIn(
  { digest, parts }: { readonly digest: string; readonly parts: number },
  found: ReadonlyMap<string, string>,
): Packed {
  let text = "";
  for (let part = 0; part < parts; part += 1)
    text += found.get(JSON.stringify([digest, part])) ?? "";
  if (createHash("sha256").update(text, "utf16le").digest("base64url") !== digest)
    throw new StorageError("CORRUPT", "A part of a task's write is missing.");
  const packed = JSON.parse(text) as
    | { readonly json: unknown }
    | { readonly type: string; readonly base64: string };
  if ("json" in packed) return packed;
  return { type: packed.type, bytes: Buffer.from(packed.base64, "base64") };
}

function isStored(value: unknown): value is StoredWrite {
  return typeof value === "object" && value !== null && "task" in value && "channel" in value;
}
