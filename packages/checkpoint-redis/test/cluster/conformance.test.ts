import { backendSuite, storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { redisCluster } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Cluster } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { newBackend } from "../places.ts";

describeOn("redis", "a cluster of three nodes", () => {
  const servers = new AsyncDisposableStack();
  let client: Cluster;
  beforeAll(async () => {
    const cluster = servers.use(await redisCluster());
    client = new Cluster([...cluster.addresses]);
  });
  afterAll(async () => {
    client.disconnect();
    await servers.disposeAsync();
  });
  const create = () => newBackend(client);

  backendSuite("redis", { create });
  storeSuite("stores on redis", { create });
});
