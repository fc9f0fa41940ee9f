import { memoryBackend, partitionName } from "@perdure/checkpoint-core";
import { THREAD } from "../conversation.ts";
import type { Engine } from "./engine.ts";

/** The in-memory backend: what our own code takes, without an engine. A space's bytes are the keys and values of the measured thread. */
export function memoryEngine(): Engine {
  return {
    name: "memory",
    durability: "none",
    async space() {
      const backend = memoryBackend();
      return {
        backend: () => backend,
        async bytes() {
          const all = { from: "!", to: "\u007f", limit: 10_000 };
          const { records } = await backend.scan(partitionName("t", [undefined, THREAD]), all, 0);
          return records.reduce((sum, { key, value }) => sum + key.length + value.byteLength, 0);
        },
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}
