import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import type { RedisClient } from "../src/client.ts";
new Redis() satisfies RedisClient;
new Cluster([]) satisfies RedisClient;
new Redis5() satisfies RedisClient;
new Cluster5([]) satisfies RedisClient;
