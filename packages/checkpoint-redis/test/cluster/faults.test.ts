import type { RedisCluster } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { durableCluster } from "../../drills/cluster.ts";
import { clusterCrashes } from "../../drills/crashes.ts";

/** The drills in short, on one cluster of their own; `make drills` makes them long. */
const SEED = 1;
/** Servers and processes start slowly on a busy machine. */
const PATIENCE_MS = 180_000;
const scale = {
  writers: 2,
  servers: 2,
  connections: 2,
  slow: 1,
  load: { processes: 2, clients: 3 },
};

describeOn("redis", "the drills of a cluster in short", () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await durableCluster();
  }, PATIENCE_MS);
  afterAll(() => cluster[Symbol.asyncDispose]());

  test.each([
    "Cluster: SCRIPT FLUSH",
    "Cluster: a slot with partitions in it moved",
    "Cluster: CLUSTER FAILOVER",
    "Cluster: kill -9 of a node",
  ])(
    "%s: nothing that was acknowledged is lost, doubled or torn",
    async (name) => {
      const result = await clusterCrashes(cluster, scale).find((drill) =>
        drill[0].startsWith(name),
      )?.[1](SEED);
      expect(result).toMatchObject({ passed: true });
    },
    PATIENCE_MS,
  );
});
