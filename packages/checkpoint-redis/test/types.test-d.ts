import { AgentResult, type HistoryConfig } from "@inngest/agent-kit";
import {
  fromIoRedis,
  RedisCheckpointer,
  type RedisClient,
  redisHistory,
  redisStore,
} from "@perdure/checkpoint-redis";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import type { Checkpointer } from "../../agent-adapters/test/ziro/shapes.ts";

// Clients of both majors, of one server and of a Cluster, are clients as they are.
new Redis() satisfies RedisClient;
new Redis({ protocol: 3, replyMapping: "resp3" }) satisfies RedisClient;
new Cluster([]) satisfies RedisClient;
new Redis5() satisfies RedisClient;
new Cluster5([]) satisfies RedisClient;
redisStore({ client: new Redis() });
redisStore({ client: new Cluster5([]) });
redisStore({ client: fromIoRedis(new Redis5()) });

// AgentKit takes our history as its own type, with its own class of results.
redisHistory({ url: "redis://127.0.0.1" }, { AgentResult }) satisfies HistoryConfig<
  Record<string, unknown>
>;

// A Ziro agent takes our checkpointer as its own type, with its own snapshots.
new RedisCheckpointer({ client: fromIoRedis(new Redis()) }) satisfies Checkpointer;

// @ts-expect-error -- a store needs to know where its server is
redisStore({ durability: "always" });
// @ts-expect-error -- a misspelt durability is not silently the default
redisStore({ url: "redis://127.0.0.1", durability: "fast" });
// @ts-expect-error -- a store has one place
redisStore({ url: "redis://127.0.0.1", client: new Redis() });
// @ts-expect-error -- what has no commands is no client
redisStore({ client: { command: () => "OK" } });
