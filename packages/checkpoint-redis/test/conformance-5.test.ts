import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis-5";
import { afterAll, inject } from "vitest";
import { newBackend } from "./places.ts";

describeOn("redis", "ioredis 5", () => {
  const client = new Redis(inject("redisUrl"));
  afterAll(() => client.disconnect());

  backendSuite("redis", { create: () => newBackend(client) });
});
