import { AgentResult } from "@inngest/agent-kit";
import { createStore } from "@perdure/checkpoint-core";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
  storeSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import { RedisCheckpointer, redisBackend, redisHistory } from "@perdure/checkpoint-redis";
import { describeOn } from "@perdure/engines/vitest";
import { afterAll, inject } from "vitest";
import { type AnyRedis, majors, newPlace } from "./places.ts";

describeOn("redis", "the kit", () => {
  for (const [major, open] of majors) {
    const client = open(inject("redisUrl"));
    afterAll(() => client.disconnect());
    const create = () => newBackend(client);
    backendSuite(`redis on ${major}`, { create });
    storeSuite(`stores on redis on ${major}`, { create });
  }

  const client = majors[0][1](inject("redisUrl"));
  afterAll(() => client.disconnect());

  storeSuite("stores on redis, compressed and encrypted", {
    create: () => newBackend(client),
    open: (options) =>
      createStore({
        compress: { minBytes: 1 },
        encryption: { keys: { key: new Uint8Array(32).fill(7) }, current: "key" },
        ...options,
      }),
  });

  checkpointerSuite("RedisCheckpointer", {
    async create() {
      const { keyPrefix, remove } = newPlace(client);
      const open = () => new RedisCheckpointer({ client, keyPrefix });
      return { checkpointer: open(), another: async () => open(), dispose: remove };
    },
  });

  historyConfigSuite("redisHistory", {
    AgentResult,
    async create() {
      const { keyPrefix, remove } = newPlace(client);
      const as = async (user: string) =>
        redisHistory({ client, keyPrefix, scope: { user } }, { AgentResult });
      return { history: await as("ann"), another: () => as("ann"), as, dispose: remove };
    },
  });
});

async function newBackend(client: AnyRedis) {
  const { keyPrefix, remove } = newPlace(client);
  const open = () => redisBackend({ client, keyPrefix });
  const backend = open();
  return {
    backend,
    another: async () => open(),
    async dispose() {
      await backend[Symbol.asyncDispose]();
      await remove();
    },
  };
}
