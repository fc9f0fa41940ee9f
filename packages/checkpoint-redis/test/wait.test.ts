import { redisBackend } from "@perdure/checkpoint-redis";
import { ownServer } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test, vi } from "vitest";
import { majors } from "./places.ts";

const put = {
  writes: [{ op: "put", key: "a", value: Buffer.from("v"), expect: "any" }],
  now: 1,
} as const;

describeOn("redis", "waiting for replicas", () => {
  test.each(majors)(
    "%s: a write is there on the replica, and UNAVAILABLE when none acknowledges it",
    async (_, open) => {
      await using primary = await ownServer("redis", {
        settings: { "repl-diskless-sync-delay": "0" },
      });
      await using replica = await ownServer("redis", {
        settings: { replicaof: `127.0.0.1 ${new URL(primary.url).port}` },
      });
      const [client, reader] = [open(primary.url), open(replica.url)];
      for (const one of [client, reader]) one.on("error", () => undefined);
      onTestFinished(() => {
        client.disconnect();
        reader.disconnect();
      });
      await vi.waitFor(async () => expect(await reader.role()).toContain("connected"), 20_000);
      const backend = redisBackend({ client, wait: { replicas: 1, timeoutMs: 2000 } });
      await backend.setup("create");
      for (let at = 1; at <= 20; at += 1) {
        expect(await backend.write("t/1.p", put)).toEqual({ revision: at });
        expect(await reader.get("perdure:{t/1.p}v")).toBe(`${at}:1`);
      }
      await backend.drop("t/1.p", 1);
      expect(await reader.get("perdure:{t/1.p}v")).toBe("d20:0");
      await replica.kill();
      const hasty = redisBackend({ client, wait: { replicas: 1, timeoutMs: 100 } });
      await expect(hasty.write("t/1.q", put)).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
        message: expect.stringContaining("0 of 1 replicas"),
      });
      expect(await client.get("perdure:{t/1.q}v")).toBe("1:1");
    },
  );

  test("a primary that becomes a replica while a write waits is UNAVAILABLE: a failover may lose the write", async () => {
    await using server = await ownServer("redis");
    const [client, other] = [majors[0][1](server.url), majors[0][1](server.url)];
    for (const one of [client, other]) one.on("error", () => undefined);
    onTestFinished(() => {
      client.disconnect();
      other.disconnect();
    });
    const backend = redisBackend({ client, wait: { replicas: 1, timeoutMs: 9000 } });
    await backend.setup("create");
    const writing = backend.write("t/1.p", put).catch((error: unknown) => error);
    await vi.waitFor(async () =>
      expect(await other.info("clients")).toContain("blocked_clients:1"),
    );
    await other.replicaof("127.0.0.1", 1);
    expect(await writing).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });
});
