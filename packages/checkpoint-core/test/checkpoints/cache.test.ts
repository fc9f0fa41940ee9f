import { expect, test } from "vitest";
import { checkpointCache } from "../../src/store/checkpoints/cache.ts";
import { checkpointStore } from "../../src/store/checkpoints/store.ts";
import { conversation, stagedBackend, startProcess } from "./processes.ts";

test("keeps the states used last, within its bytes", async () => {
  const backend = stagedBackend();
  const { context } = startProcess(backend);
  const cache = checkpointCache({ maxBytes: 5000 });
  const store = checkpointStore(context, { cache });
  const state = conversation(10, 100);
  for (const thread of ["a", "b", "a", "c"]) {
    if ((await store.get(thread)) === null) await store.put(thread, state);
  }
  const reads = async (thread: string): Promise<number> => {
    backend.calls.length = 0;
    expect(await store.get(thread)).toEqual(state);
    return backend.calls.length;
  };
  expect([await reads("c"), await reads("a"), await reads("b")]).toEqual([1, 1, 2]);
  await store.put("huge", conversation(100, 100));
  expect(await reads("c")).toBe(2);
});

test("a store without room for a state works from what is stored", async () => {
  const { context } = startProcess(stagedBackend());
  const store = checkpointStore(context, { cache: checkpointCache({ maxBytes: 0 }) });
  const parentId = await store.put("t", { list: [1] });
  await store.append("t", { parentId, changes: [{ path: ["list"], append: [2] }] });
  expect(await store.get("t")).toEqual({ list: [1, 2] });
});
