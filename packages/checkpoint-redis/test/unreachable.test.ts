import { redisStore } from "@perdure/checkpoint-redis";
import { redisCluster } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { expect, test } from "vitest";

test("a server that is not there is told with what the connection met", async () => {
  await using store = redisStore({ url: "redis://127.0.0.1:1", timeoutMs: 2000 });
  await expect(store.setup()).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("ECONNREFUSED") as string,
  });
});

describeOn("redis", "a node of a Cluster", () => {
  test("that is taken for a server of its own says what to give", async () => {
    await using cluster = await redisCluster();
    const setups = cluster.nodes.map(async ({ url }) => {
      await using store = redisStore({ url });
      // One of the three has the slot of the first key: there another key is the first that is elsewhere.
      for (let n = 0; n < 20; n += 1) await store.checkpoints.put(`t${n}`, {});
    });
    for (const outcome of await Promise.allSettled(setups))
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: {
          code: "INVALID_ARGUMENT",
          message: expect.stringContaining("cluster=true") as string,
        },
      });
  }, 60_000);
});
