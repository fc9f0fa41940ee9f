import { redisBackend, type RedisClient } from "@perdure/checkpoint-redis";
import { freshName } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";

/** A client whose server says that it is of this version, and which sends past the place where commands are seen. */
function claiming(version: string): RedisClient {
  const client = new Redis(inject("redisUrl"));
  onTestFinished(() => client.disconnect());
  return Object.create(client, {
    callBuffer: {
      value: async (command: string, args: (string | Buffer | number)[]) => {
        const answer = await client.callBuffer(command, args);
        if (command !== "info" || !Buffer.isBuffer(answer)) return answer;
        return Buffer.from(
          answer.toString().replace(/redis_version:[^\r]*/, `redis_version:${version}`),
        );
      },
    },
  }) as RedisClient;
}

describeOn("redis", "what cannot be used", () => {
  test.each(["2.8.24", "5.0.14", "6.0.16", "6.1.240"])(
    "a server of version %s is refused as INCOMPATIBLE",
    async (version) => {
      const backend = redisBackend({ client: claiming(version), keyPrefix: freshName() });
      for (const mode of ["create", "verify"] as const)
        await expect(backend.setup(mode)).rejects.toMatchObject({
          code: "INCOMPATIBLE",
          message: expect.stringContaining("6.2"),
        });
    },
  );

  test("a client whose commands cannot be watched is refused, since what it sends twice could not be seen", async () => {
    for (const version of ["6.2.0", "7.0.15", "10.0.0"]) {
      const keyPrefix = freshName();
      const client = claiming(version);
      await expect(redisBackend({ client, keyPrefix }).setup("create")).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("ioredis 5 or 6"),
      });
      expect(await client.callBuffer("exists", [`${keyPrefix}layout`])).toBe(0);
    }
  });
});
