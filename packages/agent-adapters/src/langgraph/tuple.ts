import {
  type ChannelVersions,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  maxChannelVersion,
  type SerializerProtocol,
  TASKS,
} from "@langchain/langgraph-checkpoint";
import { type Checkpointer, type CheckpointRecord, isStorageError } from "@perdure/checkpoint-core";
import type { Header } from "./header.ts";
import { type Packed, unpack } from "./packed.ts";
import { configOf, nameOf } from "./place.ts";
import { writesIn } from "./writes.ts";

/** What checkpoints are read with. */
export interface Reader {
  readonly checkpoints: Checkpointer;
  readonly serde: SerializerProtocol;
  /** The version that a channel gets which had none. */
  readonly firstVersion: () => ChannelVersions[string];
}

/** A checkpoint of a graph, without its state. */
export interface Found {
  readonly threadId: string;
  readonly record: CheckpointRecord;
  readonly header: Header;
}

/** The checkpoint as LangGraph takes it; `undefined` where it is gone meanwhile. */
export async function tupleOf(
  reader: Reader,
  { threadId, record, header: { ns, id, parent, metadata } }: Found,
): Promise<CheckpointTuple | undefined> {
  const { checkpoints, serde } = reader;
  const state = await checkpoints.get(threadId, record.id);
  const pendingWrites = state === null ? undefined : await writesOf(reader, threadId, record.id);
  if (!pendingWrites) return undefined;
  const checkpoint = (await unpack(serde, packedState(state))) as Checkpoint;
  if (checkpoint.v < 4 && parent !== undefined) {
    const name = nameOf({ ns, checkpointId: parent });
    migrate(reader, checkpoint, (await writesOf(reader, threadId, name)) ?? []);
  }
  return {
    config: configOf({ threadId, ns, checkpointId: id }),
    checkpoint,
    metadata: (await unpack(serde, metadata)) as CheckpointMetadata,
    ...(parent === undefined
      ? {}
      : { parentConfig: configOf({ threadId, ns, checkpointId: parent }) }),
    pendingWrites,
  };
}

/** True for an error that says that a checkpoint is not there. */
export function isMissing(error: unknown): boolean {
  return isStorageError(error) && error.code === "NOT_FOUND";
}

async function writesOf(
  { checkpoints, serde }: Reader,
  threadId: string,
  name: string,
): Promise<CheckpointPendingWrite[] | undefined> {
  try {
    return await writesIn(serde, await checkpoints.attachments(threadId, name));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Checkpoints of versions before 4 had no channel for what was sent to other tasks: it stood in the writes of the one before. */
function migrate(
  { firstVersion }: Reader,
  checkpoint: Checkpoint,
  writes: readonly CheckpointPendingWrite[],
): void {
  const versions = Object.values(checkpoint.channel_versions);
  checkpoint.channel_values[TASKS] = writes
    .filter(([, channel]) => channel === TASKS)
    .map(([, , value]) => value);
  checkpoint.channel_versions[TASKS] =
    versions.length > 0 ? maxChannelVersion(...versions) : firstVersion();
}

/** A state is the checkpoint's JSON itself, or what a serializer of somebody's own has made of it. */
function packedState(state: unknown): Packed {
  const { bytes, type } = state as Partial<Extract<Packed, { readonly bytes: unknown }>>;
  return bytes instanceof Uint8Array && type !== undefined ? { bytes, type } : { json: state };
}
