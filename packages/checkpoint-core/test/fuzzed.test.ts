import { test } from "vitest";
import { createStore, memoryBackend, type Store, type StoreOptions } from "../src/index.ts";
import { fuzzStores } from "./fuzzing.ts";
import { wrapBackend } from "./wrap.ts";

const encryption = { keys: { k: new Uint8Array(32).fill(1) }, current: "k" };
const ways: readonly (readonly [string, Partial<StoreOptions>, number])[] = [
  ["plain", {}, 1_000_000],
  ["in compressed, encrypted pieces", { compress: { minBytes: 1 }, encryption }, 600],
];

test.each(ways)(
  "%s: each of 1,000 fuzzed values goes through all stores, and none poisons another",
  { timeout: 120_000 },
  async (_way, options, maxValueBytes) => {
    await fuzzStores(40, () => {
      const backend = memoryBackend({ limits: { maxValueBytes } });
      const open = (): Store => createStore({ ...options, backend: wrapBackend(backend, {}) });
      return { warm: open(), cold: open() };
    });
  },
);
