import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

const PUTS = 10_000;

test("the latest is never a stale one: each of 10,000 puts is another handle's latest at once, by id and by state", {
  timeout: 120_000,
}, async () => {
  const backend = memoryBackend();
  const stores = [0, 1].map(() =>
    createStore({ backend: wrapBackend(backend, {}), keepLast: 20, now: () => 1000 }),
  );
  let stale = 0;
  for (let put = 0; put < PUTS; put += 1) {
    const [writer, reader] = put % 2 ? stores.toReversed() : stores;
    const id = await writer?.checkpoints.put("t", { put, turns: [put] });
    const record = await reader?.checkpoints.record("t");
    const state = await reader?.checkpoints.get<{ readonly put: number }>("t");
    if (record?.id !== id || state?.put !== put) stale += 1;
  }
  expect(stale).toBe(0);
});
