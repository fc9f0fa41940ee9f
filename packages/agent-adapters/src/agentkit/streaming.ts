import { checkGiven, digestOf, type Store, StorageError } from "@perdure/checkpoint-core";

/** What AgentKit publishes while a network is run as it is. */
interface Chunk {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: number;
  readonly sequenceNumber: number;
  readonly id: string;
}

/** Where chunks go. */
export interface StoreStreamingOptions {
  /** The stream; one for each run of a network, because each numbers its chunks from 0. */
  readonly streamId: string;
  /** The thread that the stream belongs to and is deleted with. */
  readonly threadId?: string;
  /** How long the stream is kept after its last write, in milliseconds; a day when not given. */
  readonly ttlMs?: number;
  /** Whether texts are cut into pieces, as AgentKit has it. */
  readonly simulateChunking?: boolean;
}

/** AgentKit's `streaming`, as `network.run` takes it. */
export interface StoreStreaming {
  readonly publish: (chunk: Chunk) => Promise<void>;
  readonly simulateChunking?: boolean;
}

const TTL_MS = 24 * 60 * 60 * 1000;

/**
 * `streaming` for a network that is run as it is: its chunks stand in a stream of the store, in AgentKit's own form, each once however often the function is gone through; the last ends the stream.
 * `store.streams.follow(streamId)` reads them in any process. What a run of `createInngestAgent` says is in its stream without this.
 */
export function storeStreaming(store: Store, options: StoreStreamingOptions): StoreStreaming {
  checkGiven("storeStreaming", { store }, { store: "store" });
  checkGiven("storeStreaming", options, { streamId: "text" });
  const { streams } = store;
  const { streamId, threadId, ttlMs = TTL_MS, simulateChunking } = options;
  const belongs = { ...(threadId === undefined ? {} : { threadId }), ttlMs };
  return {
    ...(simulateChunking === undefined ? {} : { simulateChunking }),
    async publish(chunk) {
      const { event, sequenceNumber, data } = chunk;
      const operationId = `chunk/${sequenceNumber}/${digestOf(event).slice(0, 16)}`;
      try {
        await streams.append(streamId, [chunk], { ...belongs, operationId });
        if (event === "stream.ended" && data["scope"] === "network")
          await streams.end(streamId, belongs);
      } catch (error) {
        // Another pass has ended it: AgentKit says the end twice.
        if (!(error instanceof StorageError) || error.code !== "ENDED") throw error;
      }
    },
  };
}
