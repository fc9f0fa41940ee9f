import { setImmediate as nextTurn } from "node:timers/promises";
import type { RunnableConfig } from "@langchain/core/runnables";
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
  copyCheckpoint,
  type PendingWrite,
  type SerializerProtocol,
} from "@langchain/langgraph-checkpoint";
import { checkGiven, type Store } from "@perdure/checkpoint-core";
import { type Header, headerOf, metadataOf } from "./header.ts";
import { Latest } from "./latest.ts";
import { found, wantedIn } from "./listing.ts";
import { pack } from "./packed.ts";
import { configOf, invalid, nameOf, type Place, placeIn, placeOf } from "./place.ts";
import { type Found, isMissing, type Reader, tupleOf } from "./tuple.ts";
import { isSpecial, keepWrite, type TaskWrite } from "./writes.ts";

/**
 * A checkpointer for LangGraph over any store. LangGraph's thread is a thread of the store, its checkpoints are the thread's, also those of the graphs inside a graph, and only what changed from one to the
 * next is stored. A checkpoint of the outermost graph has LangGraph's id in the store as well.
 *
 * "Latest" is what was written last, whatever the clocks of those who made the ids say. Errors of the store come through as they are; `INVALID_ARGUMENT` for a config that names no thread.
 */
export class LangGraphSaver extends BaseCheckpointSaver {
  readonly #store: Store;
  readonly #latest: Latest;
  readonly #reader: Reader;
  /** Puts of this process that have not ended, by thread. */
  readonly #puts = new Map<string, Set<Promise<void>>>();

  constructor(store: Store, serde?: SerializerProtocol) {
    super(serde);
    checkGiven("LangGraphSaver", { store }, { store: "store" });
    const { checkpoints } = store;
    this.#store = store;
    this.#latest = new Latest(checkpoints);
    const firstVersion = (): number => this.getNextVersion(undefined);
    this.#reader = { checkpoints, serde: this.serde, firstVersion };
  }

  /** The checkpoint that the config names, or the newest of its graph, with what its tasks have written; `undefined` where there is none. */
  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const place = placeIn(config);
    if (!place) return undefined;
    for (;;) {
      const one = await this.#find(place);
      const tuple = one && (await tupleOf(this.#reader, one));
      // The newest may have been deleted since it was seen, and then another one is.
      if (tuple || !one || place.checkpointId !== undefined) return tuple;
      this.#latest.forget(place.threadId);
    }
  }

  /** The checkpoints, the newest of a thread first. Without a thread, those of all threads of the store's scope. */
  override async *list(
    config: RunnableConfig,
    options: CheckpointListOptions = {},
  ): AsyncGenerator<CheckpointTuple> {
    let { limit: left = Infinity } = options;
    if (left <= 0) return;
    for await (const one of found(this.#store, this.serde, wantedIn(config, options))) {
      const tuple = await tupleOf(this.#reader, one);
      if (!tuple) continue;
      yield tuple;
      left -= 1;
      if (left <= 0) return;
    }
  }

  /** The checkpoint is stored and the newest of its graph. Given again it is stored once; with the same id and another content it is a `ConflictError`. */
  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { threadId, ns, checkpointId: parent } = placeOf(config);
    const { id } = checkpoint;
    if (typeof id !== "string" || id === "") throw invalid("A checkpoint needs an id.");
    const work = async (): Promise<void> => {
      const state = await pack(this.serde, prepared(checkpoint, parent, newVersions));
      const packed = await pack(this.serde, metadata);
      const header = { ns, id, ...(parent === undefined ? {} : { parent }), metadata: packed };
      await this.#write(threadId, header, "json" in state ? state.json : state);
    };
    await this.#during(threadId, work());
    return configOf({ threadId, ns, checkpointId: id });
  }

  /** What a task has written is kept beside its checkpoint, and answered when all of it is there; a retry of it keeps what is there. */
  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = "",
  ): Promise<void> {
    const { threadId, ns, checkpointId } = placeOf(config);
    if (checkpointId === undefined) throw invalid("Writes of a task belong to a checkpoint_id.");
    const at = { threadId, name: nameOf({ ns, checkpointId }) };
    const of = writes.filter((write) => !isSpecial(write)).length;
    await Promise.all(
      writes.map(async (write, place) =>
        this.#keep(at, { task: taskId, path: taskPath, write, at: place, of }),
      ),
    );
  }

  /** The thread's checkpoints and what is kept beside them are no longer answered. What else the store has of the thread, its history and memory, stays. */
  override async deleteThread(threadId: string): Promise<void> {
    await this.#store.checkpoints.delete(threadId);
    this.#latest.forget(threadId);
  }

  async #find({ threadId, ns, checkpointId }: Place): Promise<Found | undefined> {
    const { checkpoints } = this.#store;
    const record =
      checkpointId === undefined
        ? await this.#latest.of(threadId, ns)
        : await checkpoints.record(threadId, nameOf({ ns, checkpointId }));
    const header = record && headerOf(record);
    const isMeant = header?.ns === ns && (checkpointId === undefined || header.id === checkpointId);
    return record && isMeant ? { threadId, record, header } : undefined;
  }

  /** Parents may have been deleted, or never been saved: the checkpoint is stored all the same, and names its parent. */
  async #write(threadId: string, header: Header, state: unknown): Promise<void> {
    const { ns, id, parent } = header;
    const { checkpoints } = this.#store;
    const options = { id: nameOf({ ns, checkpointId: id }), metadata: metadataOf(header) };
    if (parent === undefined) return void (await checkpoints.put(threadId, state, options));
    const parentId = nameOf({ ns, checkpointId: parent });
    try {
      await checkpoints.put(threadId, state, { ...options, parentId });
    } catch (error) {
      if (!isMissing(error)) throw error;
      await checkpoints.put(threadId, state, options);
    }
  }

  async #during(threadId: string, work: Promise<void>): Promise<void> {
    const puts = this.#puts.get(threadId) ?? new Set();
    this.#puts.set(threadId, puts.add(work));
    try {
      await work;
    } finally {
      puts.delete(work);
      if (puts.size === 0) this.#puts.delete(threadId);
    }
  }

  /** A task may have ended before its checkpoint is stored, or before LangGraph has asked for that: then the puts that are under way are waited for. Throws `NOT_FOUND` where none brings it. */
  async #keep(
    { threadId, name }: { readonly threadId: string; readonly name: string },
    write: TaskWrite,
  ): Promise<void> {
    for (let mayCome = true; ; ) {
      try {
        return await keepWrite(this.#reader, threadId, name, write);
      } catch (error) {
        if (!mayCome || !isMissing(error)) throw error;
      }
      const puts = this.#puts.get(threadId);
      if (puts) await Promise.allSettled(puts);
      await nextTurn();
      mayCome = this.#puts.has(threadId);
    }
  }
}

/** The checkpoint as it is stored: a first one with the channels that are new in it, a later one with all that it has, of which the store keeps what differs from its parent. */
function prepared(
  checkpoint: Checkpoint,
  parent: string | undefined,
  newVersions: ChannelVersions,
): Checkpoint {
  const copy = copyCheckpoint(checkpoint);
  if (parent !== undefined) return copy;
  const isNew = ([channel]: readonly [string, unknown]): boolean =>
    Object.hasOwn(newVersions, channel);
  const values = Object.entries(copy.channel_values).filter(isNew);
  return { ...copy, channel_values: Object.fromEntries(values) };
}
