import { testFaults } from "@perdure/drills/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { durableCluster } from "../../drills/cluster.ts";
import { clusterCrashes } from "../../drills/crashes.ts";

describeOn("redis", "the drills of a cluster in short", () => {
  testFaults(durableCluster, clusterCrashes, [
    "Cluster: SCRIPT FLUSH",
    "Cluster: a slot with partitions in it moved",
    "Cluster: CLUSTER FAILOVER",
    "Cluster: kill -9 of a node",
  ]);
});
