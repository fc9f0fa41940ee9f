import { createHash } from "node:crypto";
import { memoryBackend } from "../../src/backend/memory.ts";
import { storeSuite } from "../../src/conformance/vitest.ts";
import { createStore } from "../../src/store/store.ts";

const key = createHash("sha256").update("a key").digest();

storeSuite("stores over memory, compressed and encrypted", {
  create: () => Promise.resolve({ backend: memoryBackend() }),
  open: (options) =>
    createStore({
      compress: { minBytes: 1 },
      encryption: { keys: { key }, current: "key" },
      ...options,
    }),
});

/** So little that a run's record, a checkpoint and most messages stand in pieces. */
const tiny = { maxValueBytes: 400, maxWriteBytes: 500_000, maxReadKeys: 20 };

/** A value has a thousand records at most. */
const waivers = {
  "checkpointer.large-state": "a state of 3 MB is over a thousand records of 400 bytes",
};

storeSuite("stores over memory, in pieces", {
  waivers,
  create: () => Promise.resolve({ backend: memoryBackend({ limits: tiny }) }),
  open: (options) => createStore({ compress: false, ...options }),
});

storeSuite("stores over memory, in encrypted pieces", {
  waivers,
  create: () => Promise.resolve({ backend: memoryBackend({ limits: tiny }) }),
  open: (options) => createStore({ encryption: { keys: { key }, current: "key" }, ...options }),
});
