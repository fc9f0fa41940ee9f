import { AgentResult } from "@inngest/agent-kit";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
  historyStoreSuite,
  storeSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import { RedisCheckpointer, redisHistory, redisStore } from "@perdure/checkpoint-redis";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { afterAll, inject } from "vitest";
import { newBackend, newPlace } from "./places.ts";

describeOn("redis", "ioredis 6", () => {
  const client = new Redis(inject("redisUrl"));
  afterAll(() => client.disconnect());
  const create = () => newBackend(client);

  backendSuite("redis", { create });
  storeSuite("stores on redis", { create });

  checkpointerSuite("RedisCheckpointer", {
    async create() {
      const { keyPrefix, remove } = newPlace(client);
      const open = () => new RedisCheckpointer({ client, keyPrefix });
      return { checkpointer: open(), another: async () => open(), dispose: remove };
    },
  });

  historyStoreSuite("the history of a redis store", {
    async create() {
      const { keyPrefix, remove } = newPlace(client);
      const as = async (user?: string) =>
        redisStore({ client, keyPrefix, scope: user === undefined ? {} : { user } }).history;
      return { history: await as(), another: () => as(), as, dispose: remove };
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
