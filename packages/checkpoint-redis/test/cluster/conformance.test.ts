import { backendSuite, storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { redisCluster } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Cluster } from "ioredis";
import { Cluster as Cluster5 } from "ioredis-5";
import { afterAll, beforeAll } from "vitest";
import { newBackend } from "../places.ts";

describeOn("redis", "a cluster of three nodes", () => {
  const servers = new AsyncDisposableStack();
  let client: Cluster;
  let client5: Cluster5;
  beforeAll(async () => {
    const { addresses } = servers.use(await redisCluster());
    client = new Cluster([...addresses]);
    client5 = new Cluster5([...addresses]);
  });
  afterAll(async () => {
    client.disconnect();
    client5.disconnect();
    await servers.disposeAsync();
  });

  backendSuite("redis, ioredis 6", { create: () => newBackend(client) });
  backendSuite("redis, ioredis 5", { create: () => newBackend(client5) });
  // The stores know of no client: they run on the other major on one server.
  storeSuite("stores on redis", { create: () => newBackend(client5) });
});
