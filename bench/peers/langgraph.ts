import {
  type BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  uuid6,
} from "@langchain/langgraph-checkpoint";
import type { Keeper } from "./keeper.ts";

type Config = Parameters<BaseCheckpointSaver["put"]>[0];

/**
 * Keeps a thread in LangGraph's saver as LangGraph's loop does after each superstep: one `put` of the whole checkpoint with its parent's id in the config, and a new version of the one channel that
 * changed. The loop's `putWrites` before it, one more transaction for each node that ran, is left out: in LangGraph's favour. Messages are plain objects, which cost it less than LangChain's classes.
 */
export function inLangGraph(saver: BaseCheckpointSaver, threadId: string): Keeper {
  const latest: Config = { configurable: { thread_id: threadId, checkpoint_ns: "" } };
  let parent = latest;
  let version: number | undefined;
  return {
    async save(messages) {
      const seen = version ?? 0;
      version = saver.getNextVersion(version);
      const step = messages.length;
      const checkpoint: Checkpoint = {
        v: 4,
        id: uuid6(step),
        ts: new Date().toISOString(),
        channel_values: { messages },
        channel_versions: { messages: version },
        versions_seen: { agent: { messages: seen } },
      };
      const metadata: CheckpointMetadata = { source: "loop", step, parents: {} };
      parent = await saver.put(parent, checkpoint, metadata, { messages: version });
    },
    load: async () => (await saver.getTuple(latest))?.checkpoint.channel_values["messages"],
  };
}
