import { type Backend, memoryBackend } from "@perdure/checkpoint-core";
import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";

linearizabilitySuite("memory", {
  operations: 200,
  async create() {
    const backend = memoryBackend();
    const open = (): Backend => ({ ...backend, [Symbol.asyncDispose]: () => Promise.resolve() });
    return { open, dispose: async () => backend[Symbol.asyncDispose]() };
  },
});
