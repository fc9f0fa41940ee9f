import type { Backend } from "@perdure/checkpoint-core";
import { redisBackend } from "@perdure/checkpoint-redis";

/** A process of a run connects to the server that it is told of. With a replica named it reads there, which no backend of ours does. */
export function open(given: string): Backend {
  const { url, replica } = JSON.parse(given) as {
    readonly url: string;
    readonly replica?: string;
  };
  const backend = redisBackend({ url, timeoutMs: 3000 });
  if (replica === undefined) return backend;
  const lagging = redisBackend({ url: replica, timeoutMs: 3000 });
  return {
    name: backend.name,
    limits: backend.limits,
    setup: async (mode) => backend.setup(mode),
    write: async (...call) => backend.write(...call),
    drop: async (...call) => backend.drop(...call),
    read: async (...call) => lagging.read(...call),
    scan: async (...call) => lagging.scan(...call),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      await lagging[Symbol.asyncDispose]();
    },
  };
}
