import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { containerServer } from "../src/container.ts";
import { dockerAnswers } from "../src/docker.ts";
import { describeOn } from "../src/suite.ts";

const docker = await dockerAnswers(process.env);

describeOn(
  "redis",
  docker ? "in Docker" : "in Docker (left out: no Docker engine answers here)",
  () => {
    test.runIf(docker)("a server is killed, comes back with what it had, and freezes", async () => {
      const durable = { appendonly: "yes", appendfsync: "always" };
      await using server = await containerServer("redis", durable);
      const client = new Redis(server.url);
      client.on("error", () => {}); // It reconnects.
      await client.set("kept", "1");
      await server.kill();
      await server.start();
      expect(await client.get("kept")).toBe("1");
      await server.freeze();
      const answer = client.get("kept");
      const late = new Redis(server.url, { commandTimeout: 300, retryStrategy: () => undefined });
      late.on("error", () => {});
      await expect(late.ping()).rejects.toThrow();
      late.disconnect();
      await server.thaw();
      expect(await answer).toBe("1");
      client.disconnect();
    });
  },
);
