import { expect, test } from "vitest";
import { type Backend, memoryBackend, prefixRange, StorageError } from "../../src/index.ts";
import {
  INDEX_SHARDS,
  type Scope,
  type StoreContext,
  storeContext,
} from "../../src/store/context.ts";
import { openThreads, unlistOpenThread } from "../../src/store/runs/open-threads.ts";
import { asks, desk, leaseOf } from "./desk.ts";
import { naming, overtaken } from "./faults.ts";

function contextOf(backend: Backend, scope: Scope = {}): StoreContext {
  const base = { backend, now: () => 0, operationTtlMs: 1, ready: async () => undefined };
  return storeContext(base, scope);
}

async function listed(backend: Backend): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let shard = 0; shard < INDEX_SHARDS; shard += 1) {
    const index = openThreads(contextOf(backend), shard);
    const { records } = await index.scan({ ...prefixRange("t/"), limit: 100 }, 0);
    found.push(...records.map((record) => record.value()));
  }
  return found;
}

test("a thread that a run takes is listed for the whole store before the run is recorded", async () => {
  const backend = memoryBackend();
  const scope = { tenant: "x" };
  let atWrite: unknown[] = [];
  const watched = overtaken(backend, naming("run/"), async () => {
    atWrite = await listed(backend);
  });
  await desk(watched, { scope }).runs.begin("t", asks("r", "E1"));
  expect(atWrite).toMatchObject([{ tenant: "x", threadId: "t" }]);
  await desk(backend).runs.start("t", { runId: "r" });
  expect(await listed(backend)).toHaveLength(2);
});

test("a thread is unlisted only when no run has it", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  expect(await unlistOpenThread(contextOf(backend), "t")).toBe(false);
  await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "done" });
  expect(await unlistOpenThread(contextOf(backend), "t")).toBe(true);
  expect(await listed(backend)).toEqual([]);
  expect(await unlistOpenThread(contextOf(backend), "t")).toBe(false);
});

test("a thread that is opened while it is unlisted stays listed, whoever is first", async () => {
  for (const key of ["lease", "t/"]) {
    const backend = memoryBackend();
    const store = desk(backend);
    const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
    await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "done" });
    const slow = overtaken(backend, naming(key), async () => store.runs.begin("t", asks("n", "N")));
    expect(await unlistOpenThread(contextOf(slow), "t")).toBe(false);
    expect(await listed(backend), key).toHaveLength(1);
  }
});

test("a begin that has listed the thread lists it again when it was unlisted before the begin's write", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  await store.threads.create("t");
  const slow = overtaken(backend, naming("lease"), async () =>
    unlistOpenThread(contextOf(backend), "t"),
  );
  expect(await desk(slow).runs.begin("t", asks("r", "E1"))).toMatchObject({ status: "leased" });
  expect(await listed(backend)).toHaveLength(1);
});

test("a thread whose deletion was cut short keeps nobody from finding the others", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  await store.runs.begin("t", asks("r", "E1"));
  await store.runs.begin("other", asks("o", "E2"));
  let ends = false;
  const dying: Backend = {
    ...backend,
    async write(partition, batch) {
      if (ends) throw new StorageError("UNAVAILABLE", "The engine did not answer in time.");
      ends = naming("life")(batch);
      return backend.write(partition, batch);
    },
  };
  const cut = desk(dying).threads.delete("t", { operationId: "d" });
  await expect(cut).rejects.toThrow("did not answer");
  const { threads } = await store.openThreads();
  expect(threads.map(({ threadId }) => threadId)).toEqual(["other"]);
});
