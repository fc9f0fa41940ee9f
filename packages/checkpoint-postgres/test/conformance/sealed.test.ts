import { createStore } from "@perdure/checkpoint-core";
import { storeSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { describeOn } from "@perdure/engines/vitest";
import { sharedBackends } from "../database.ts";

describeOn("postgres", "sealed stores on Postgres", () => {
  storeSuite("stores on postgres, compressed and encrypted", {
    create: sharedBackends(),
    open: (options) =>
      createStore({
        compress: { minBytes: 1 },
        encryption: { keys: { key: new Uint8Array(32).fill(7) }, current: "key" },
        ...options,
      }),
  });
});
