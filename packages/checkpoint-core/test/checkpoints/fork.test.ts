import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { StorageError } from "../../src/errors.ts";
import type { Store } from "../../src/store/contract.ts";
import { createStore } from "../../src/store/store.ts";
import { wrapBackend } from "../wrap.ts";
import { outcome } from "./processes.ts";

const entries = (first: number, count: number): { id: string; value: unknown }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `e${first + index}`, value: first + index }));

async function values(store: Store, threadId: string): Promise<unknown[]> {
  return (await store.history.read(threadId)).map(({ value }) => value);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** A thread whose checkpoint stands behind so many entries, with more of both after it. */
async function aThread(store: Store, count: number): Promise<string> {
  for (let first = 0; first < count; first += 100)
    await store.history.append("t", entries(first, Math.min(100, count - first)));
  const id = await store.checkpoints.put("t", { n: 1 }, { metadata: { by: "ada" } });
  await store.checkpoints.attach("t", id, "k", "kept");
  await store.history.append("t", entries(count, 3));
  await store.checkpoints.put("t", { n: 2 });
  return id;
}

describe("a fork", () => {
  test("holds the checkpoint and the history up to it, and goes its own way", async () => {
    const store = createStore({ backend: memoryBackend() });
    const id = await aThread(store, 7);
    const forked = await store.checkpoints.fork("t", id, "u");
    expect(await store.checkpoints.get("u")).toEqual({ n: 1 });
    expect(await store.checkpoints.list("u")).toMatchObject([
      {
        id: forked,
        parentId: null,
        metadata: { by: "ada" },
        forkedFrom: { threadId: "t", checkpointId: id },
      },
    ]);
    expect(await store.checkpoints.attachments("u", forked)).toEqual([{ key: "k", value: "kept" }]);
    expect(await values(store, "u")).toEqual(upTo(7));
    expect(await store.history.count("u")).toBe(7);
    await store.history.append("u", [...entries(3, 1), ...entries(50, 1)]);
    expect(await values(store, "u")).toEqual([...upTo(7), 50]);
    await store.history.upsert("u", [{ id: "e0", value: "new" }]);
    await store.checkpoints.put("u", { n: 3 });
    expect(await values(store, "t")).toEqual(upTo(10));
    expect(await store.checkpoints.get("t")).toEqual({ n: 2 });
    expect(await store.checkpoints.fork("t", id, "u")).toBe(forked);
  });

  test("of a commit holds what was committed with it, and nothing of later rewriting but in place", async () => {
    const store = createStore({ backend: memoryBackend() });
    await store.history.append("t", entries(0, 3));
    const { status, ...done } = await store.commit(
      "t",
      { history: entries(3, 2), checkpoint: { state: 1 } },
      { operationId: "op" },
    );
    const id = "checkpointId" in done ? (done.checkpointId ?? "") : status;
    await store.history.append("t", entries(5, 2));
    await store.history.upsert("t", [{ id: "e1", value: "rewritten" }]);
    await store.checkpoints.fork("t", id, "u");
    expect(await values(store, "u")).toEqual([0, "rewritten", 2, 3, 4]);
  });

  test("of a thread without a history has none", async () => {
    const store = createStore({ backend: memoryBackend() });
    const id = await store.checkpoints.put("t", 1, { id: "mine" });
    await store.history.append("t", entries(0, 2));
    await store.checkpoints.fork("t", id, "u");
    expect(await values(store, "u")).toEqual([]);
    expect((await store.checkpoints.record("u"))?.forkedFrom).toEqual({
      threadId: "t",
      checkpointId: "mine",
    });
  });

  test("is refused where something of another's or of its own stands in its way, and nothing is written", async () => {
    const store = createStore({ backend: memoryBackend() });
    const [ada, eve] = [store.for({ user: "ada" }), store.for({ user: "eve" })];
    const id = await aThread(ada, 3);
    expect(await outcome(eve.checkpoints.fork("t", id, "u"))).toBe("FORBIDDEN");
    expect(await eve.threads.get("u")).toBeUndefined();
    await eve.threads.create("theirs");
    expect(await outcome(ada.checkpoints.fork("t", id, "theirs"))).toBe("FORBIDDEN");
    await ada.checkpoints.put("has", 1);
    expect(await outcome(ada.checkpoints.fork("t", id, "has"))).toBe("CONFLICT");
    await ada.history.append("talks", entries(0, 1));
    expect(await outcome(ada.checkpoints.fork("t", id, "talks"))).toBe("CONFLICT");
    expect(await outcome(ada.checkpoints.fork("t", "1-abcdefgh", "u"))).toBe("NOT_FOUND");
    expect(await outcome(ada.checkpoints.fork("t", id, "t"))).toBe("INVALID_ARGUMENT");
    expect(await ada.threads.get("u")).toBeUndefined();
    await ada.checkpoints.fork("t", id, "u");
    expect((await ada.threads.get("u"))?.id).toBe("u");
    expect(await outcome(eve.checkpoints.get("u"))).toBe("FORBIDDEN");
    await ada.threads.delete("u");
    expect(await outcome(ada.checkpoints.fork("t", id, "u"))).toBe("DELETED");
  });

  test("cut short at any call shows nothing, and the same call ends it", async () => {
    for (let stop = 0, cut = true; cut; stop += 1) {
      const backend = memoryBackend();
      const id = await aThread(createStore({ backend }), 230);
      const stopped = await outcome(
        createStore({ backend: stopping(backend, stop) }).checkpoints.fork("t", id, "u"),
      );
      const store = createStore({ backend });
      cut = stopped === "UNAVAILABLE";
      if (cut && (await store.checkpoints.get("u")) === null) {
        expect(await values(store, "u")).toEqual([]);
        expect(await store.history.count("u")).toBe(0);
      }
      const forked = await store.checkpoints.fork("t", id, "u");
      expect(await store.checkpoints.get("u")).toEqual({ n: 1 });
      expect(await values(store, "u")).toEqual(upTo(230));
      expect(await store.checkpoints.attachments("u", forked)).toEqual([
        { key: "k", value: "kept" },
      ]);
      expect((await store.checkpoints.list("u")).length).toBe(1);
    }
  });

  test("cut short for good is freed by maintenance, and can be made again after that", async () => {
    const backend = memoryBackend();
    let now = 1_700_000_000_000;
    const open = (through: Backend = backend): Store =>
      createStore({ backend: through, now: () => now });
    const id = await aThread(open(), 230);
    await outcome(open(stopping(backend, 20)).checkpoints.fork("t", id, "u"));
    now += 2 * 60 * 60 * 1000;
    expect((await open().maintain({ ms: 10_000 })).failed).toEqual([]);
    expect(await values(open(), "u")).toEqual([]);
    await open().checkpoints.fork("t", id, "u");
    now += 2 * 60 * 60 * 1000;
    await open().maintain({ ms: 10_000 });
    expect(await values(open(), "u")).toEqual(upTo(230));
  });

  test("whose source is rewritten without end says so, leaves nothing to be seen, and is made once that ends", async () => {
    const inner = memoryBackend();
    const other = createStore({ backend: inner });
    const id = await aThread(other, 150);
    let isBusy = true;
    let rewrites = 0;
    const backend = wrapBackend(inner, {
      async write(partition, batch) {
        const copies = batch.writes.some(({ op }) => op === "put") && isBusy;
        if (copies) await other.history.upsert("t", [{ id: "e1", value: (rewrites += 1) }]);
        return inner.write(partition, batch);
      },
    });
    const store = createStore({ backend });
    expect(await outcome(store.checkpoints.fork("t", id, "u"))).toBe("CONTENTION");
    expect(rewrites).toBeLessThan(100);
    expect(await values(other, "u")).toEqual([]);
    expect(await other.checkpoints.get("u")).toBeNull();
    isBusy = false;
    await store.checkpoints.fork("t", id, "u");
    expect(await values(other, "u")).toEqual(upTo(150).with(1, rewrites));
  });

  test("made twice at once is made once, and a source rewritten meanwhile is copied as it is then", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend });
    const id = await aThread(store, 230);
    const forks = await Promise.all(
      upTo(4).map(() => createStore({ backend }).checkpoints.fork("t", id, "u")),
    );
    expect(new Set(forks).size).toBe(1);
    expect(await values(store, "u")).toEqual(upTo(230));
    let calls = 0;
    const through = wrapBackend(backend, {
      async write(...call) {
        calls += 1;
        if (calls === 4) await store.history.upsert("t", [{ id: "e0", value: "new" }]);
        return backend.write(...call);
      },
    });
    await createStore({ backend: through }).checkpoints.fork("t", id, "v");
    expect(await values(store, "v")).toEqual(["new", ...upTo(230).slice(1)]);
  });

  test("conflicts with what is written to its thread meanwhile", async () => {
    const backend = memoryBackend();
    const store = createStore({ backend });
    const id = await aThread(store, 230);
    await outcome(createStore({ backend: stopping(backend, 20) }).checkpoints.fork("t", id, "u"));
    await store.history.append("u", entries(900, 1));
    expect(await outcome(store.checkpoints.fork("t", id, "u"))).toBe("CONFLICT");
    expect(await values(store, "u")).toEqual([900]);
  });
});

/** A backend of which every call from one on fails: as after a crash. */
function stopping(backend: Backend, stop: number): Backend {
  let calls = -1;
  const turn = (): void => {
    calls += 1;
    if (calls >= stop) throw new StorageError("UNAVAILABLE", "It has crashed.");
  };
  return wrapBackend(backend, {
    async read(...call) {
      turn();
      return backend.read(...call);
    },
    async scan(...call) {
      turn();
      return backend.scan(...call);
    },
    async write(...call) {
      turn();
      return backend.write(...call);
    },
  });
}
