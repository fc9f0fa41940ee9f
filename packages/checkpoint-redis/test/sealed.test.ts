import { createStore } from "@perdure/checkpoint-core";
import { storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { Redis } from "ioredis";
import { afterAll, inject } from "vitest";
import { newBackend } from "./places.ts";

describeOn("redis", "compressed and encrypted", () => {
  const client = new Redis(inject("redisUrl"));
  afterAll(() => client.disconnect());

  storeSuite("stores on redis", {
    create: () => newBackend(client),
    open: (options) =>
      createStore({
        compress: { minBytes: 1 },
        encryption: { keys: { key: new Uint8Array(32).fill(7) }, current: "key" },
        ...options,
      }),
  });
});
