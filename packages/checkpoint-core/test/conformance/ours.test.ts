import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { checkpointerSuite } from "@perdure/checkpoint-core/conformance/vitest";

checkpointerSuite("our checkpointer", {
  async create() {
    const backend = memoryBackend();
    return {
      checkpointer: createStore({ backend }).checkpoints,
      another: async () => createStore({ backend }).checkpoints,
    };
  },
});
