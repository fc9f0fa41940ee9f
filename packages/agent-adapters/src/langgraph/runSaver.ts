import type { RunnableConfig } from "@langchain/core/runnables";
import type {
  ChannelVersions,
  Checkpoint,
  CheckpointMetadata,
} from "@langchain/langgraph-checkpoint";
import type { Store } from "@perdure/checkpoint-core";
import type { Marks } from "./graph.ts";
import { LangGraphSaver } from "./saver.ts";

/** A saver whose checkpoints say which run has put them. */
export class RunSaver extends LangGraphSaver {
  readonly #marks: () => Marks;

  constructor(store: Store, marks: () => Marks) {
    super(store);
    this.#marks = marks;
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    return super.put(config, checkpoint, { ...metadata, ...this.#marks() }, newVersions);
  }
}
