import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { createStore, memoryBackend, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";

/** A backend that counts what it stores of checkpoints, and its calls. */
function counting() {
  const inner = memoryBackend();
  const stored = new Map<string, number>();
  const seen = { calls: 0, most: 0 };
  const backend = wrapBackend(inner, {
    read: (...call) => ((seen.calls += 1), inner.read(...call)),
    scan: (...call) => ((seen.calls += 1), inner.scan(...call)),
    async write(partition, batch) {
      seen.calls += 1;
      const written = await inner.write(partition, batch);
      for (const write of batch.writes) {
        if (!("key" in write) || !write.key.startsWith("c/")) continue;
        if (write.op === "put") stored.set(write.key, write.value.byteLength + write.key.length);
        if (write.op === "delete") stored.delete(write.key);
      }
      seen.most = Math.max(seen.most, bytes());
      return written;
    },
  });
  const bytes = (): number => [...stored.values()].reduce((sum, each) => sum + each, 0);
  return { backend, bytes, seen };
}

/** The time that a round trip to an engine leaves to others. */
async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
}

/** A conversation in bytes that do not compress, so that what is stored is what was written. */
function noise(length: number): string {
  let text = "";
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

async function talk(store: Store, puts: number, state: number, change: number): Promise<number> {
  let id = await store.checkpoints.put("t", { messages: [noise(state)] });
  for (let n = 1; n < puts; n += 1) {
    const changes = [{ path: ["last"], set: noise(change) }];
    id = await store.checkpoints.append("t", { parentId: id, changes });
    await turns();
  }
  const list = await store.checkpoints.list("t");
  return list.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

test("what is stored is at most three times what is shown while puts go on, and twice after a sweep", async () => {
  const { backend, bytes, seen } = counting();
  const store = createStore({ backend, keepLast: 5 });
  const shown = await talk(store, 600, 20_000, 2000);
  await store[Symbol.asyncDispose]();
  expect(seen.most).toBeLessThan(3 * shown);
  const { failed } = await createStore({ backend, now: () => Date.now() + 7_200_000 }).maintain({
    ms: 10_000,
  });
  expect(failed).toEqual([]);
  expect(bytes()).toBeLessThan(2 * shown);
});

test("nothing of a store runs once it is disposed, and a sweep that fails tells nobody", async () => {
  const { backend, seen } = counting();
  const store = createStore({ backend, keepLast: 1 });
  for (let n = 0; n < 6; n += 1) await store.checkpoints.put("t", { text: noise(50_000) });
  await store[Symbol.asyncDispose]();
  const { calls } = seen;
  await turns(10);
  expect(seen.calls).toBe(calls);
  const failing = createStore({
    backend: wrapBackend(backend, {
      scan: (partition, range, at) =>
        range.reverse ? Promise.reject(new Error("away")) : backend.scan(partition, range, at),
    }),
    keepLast: 1,
  });
  for (let n = 0; n < 6; n += 1) {
    await failing.checkpoints.put("t", { text: noise(50_000) });
    await turns();
  }
  expect((await failing.checkpoints.record("t"))?.id).toMatch(/^12-/);
  await failing[Symbol.asyncDispose]();
});

test("a store of one scope ends no sweep of the others", async () => {
  const { backend, bytes } = counting();
  const store = createStore({ backend, keepLast: 1 });
  await store.for({ tenant: "one" })[Symbol.asyncDispose]();
  for (let n = 0; n < 9; n += 1) {
    await store.checkpoints.put("t", { text: noise(50_000) });
    await turns();
  }
  await store[Symbol.asyncDispose]();
  expect(bytes()).toBeLessThan(200_000);
});

test("one write an hour notes that a thread is to be swept", async () => {
  const inner = memoryBackend();
  let notes = 0;
  const backend = wrapBackend(inner, {
    write(partition, batch) {
      if (batch.writes.some((write) => "key" in write && write.key.startsWith("w/sweep/")))
        notes += 1;
      return inner.write(partition, batch);
    },
  });
  let now = 1_700_000_000_000;
  const store = createStore({ backend, keepLast: 3, now: () => now });
  for (let n = 0; n < 50; n += 1) await store.checkpoints.put("t", { n });
  expect(notes).toBe(1);
  now += 3_600_000;
  for (let n = 0; n < 50; n += 1) await store.checkpoints.put("t", { n });
  expect(notes).toBe(2);
  const plain = createStore({ backend, now: () => now });
  for (let n = 0; n < 5; n += 1) await plain.checkpoints.put("other", { n });
  expect(notes).toBe(2);
});

/** A process of its own: it hides 5,000 checkpoints, disposes the store while they are being swept, and has nothing else to do. */
const program = (scoped: boolean): string => `
  import { createStore, memoryBackend } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
  const backend = memoryBackend();
  const writer = createStore({ backend });
  let parentId = await writer.checkpoints.put("t", { list: [] });
  for (let n = 0; n < 5000; n += 1)
    parentId = await writer.checkpoints.append("t", { parentId, changes: [{ path: ["list"], append: ["${"x".repeat(40)}"] }] });
  const store = createStore({ backend, keepLast: 2 });
  await store.checkpoints.append("t", { parentId, changes: [{ path: ["list"], append: ["y".repeat(200_000)] }] });
  await ${scoped ? "store.for({ tenant: 'x' })" : "store"}[Symbol.asyncDispose]();
  console.log("disposed");
`;

test.each([true, false])(
  "a process that waits for nothing but a store's end reaches it (scoped: %s)",
  { timeout: 60_000 },
  (scoped) => {
    const flags = ["--input-type=module-typescript", "--eval", program(scoped)];
    const { stdout, status } = spawnSync(process.execPath, flags, { encoding: "utf8" });
    expect({ stdout, status }).toEqual({ stdout: "disposed\n", status: 0 });
  },
);
