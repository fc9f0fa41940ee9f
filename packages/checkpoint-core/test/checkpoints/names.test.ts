import { describe, expect, test } from "vitest";
import type { StoreContext } from "../../src/store/context.ts";
import { outcome, stagedBackend, startProcess, testClock } from "./processes.ts";

const uuid = "10293847-5566-6778-8990-a1b2c3d4e5f6";
/** The keys of all that is kept beside checkpoints. */
async function attached(context: StoreContext): Promise<readonly string[]> {
  const range = { from: "ca/", to: "ca/~", limit: 100 };
  const { records } = await context.thread("t").scan(range, 0);
  return records.map(({ key }) => key);
}

const big = (n: number): object => ({ n, text: "x".repeat(4000) });

describe("a caller's own id", () => {
  test("is what every verb answers and takes, warm and cold", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    expect(await checkpoints.put("t", big(1), { id: "one" })).toBe("one");
    expect(await checkpoints.put("t", big(2), { id: uuid, expectedHead: "one" })).toBe(uuid);
    const third = await checkpoints.append("t", {
      parentId: uuid,
      changes: [{ path: ["n"], set: 3 }],
      id: "three",
    });
    expect(third).toBe("three");
    for (const { checkpoints: reader } of [startProcess(backend), { checkpoints }]) {
      expect(await reader.get("t", "one")).toEqual(big(1));
      expect(await reader.get("t", uuid)).toEqual(big(2));
      expect(await reader.get("t")).toEqual(big(3));
      expect((await reader.list("t")).map(({ id, parentId }) => [id, parentId])).toEqual([
        ["three", uuid],
        [uuid, "one"],
        ["one", null],
      ]);
      expect((await reader.list("t", { before: uuid })).map(({ id }) => id)).toEqual(["one"]);
      expect(await reader.record("t", uuid)).toMatchObject({ id: uuid, parentId: "one" });
      expect(await reader.get("t", "none")).toBeNull();
      expect(await outcome(reader.put("t", 1, { expectedHead: uuid }))).toBe("CONFLICT");
      expect(await outcome(reader.put("t", 1, { parentId: "none" }))).toBe("NOT_FOUND");
    }
    const cold = startProcess(backend).checkpoints;
    await cold.append("t", { parentId: "three", changes: [{ path: ["n"], set: 4 }] });
    await cold.put("t", big(5), { parentId: "one" });
    expect((await cold.list("t", { limit: 2 })).map(({ parentId }) => parentId)).toEqual([
      "one",
      "three",
    ]);
    await cold.delete("t", "one");
    expect(await checkpoints.get("t", "one")).toBeNull();
  });

  test("given again: the same state is the same checkpoint, another is a conflict, an operation is replayed", async () => {
    const backend = stagedBackend();
    const one = startProcess(backend).checkpoints;
    await one.put("t", big(1), { id: "a", operationId: "op" });
    await one.put("t", big(2), { id: "b" });
    for (const store of [one, startProcess(backend).checkpoints]) {
      expect(await store.put("t", big(1), { id: "a" })).toBe("a");
      expect(await store.put("t", big(9), { id: "a", operationId: "op" })).toBe("a");
      expect(await outcome(store.put("t", big(2), { id: "a" }))).toBe("CONFLICT");
      expect(await outcome(store.append("t", { parentId: "b", changes: [], id: "a" }))).toBe(
        "CONFLICT",
      );
    }
    expect((await one.list("t")).length).toBe(2);
  });

  test("two processes put one id at once: one is written, the other conflicts", async () => {
    const backend = stagedBackend();
    const two = startProcess(backend).checkpoints;
    const one = startProcess(backend).checkpoints;
    await one.put("t", big(0));
    backend.before("write", async () => void (await two.put("t", big(1), { id: "a" })));
    expect(await outcome(one.put("t", big(2), { id: "a" }))).toBe("CONFLICT");
    expect(await one.get("t", "a")).toEqual(big(1));
  });

  test("that another process has given to another checkpoint means that one at once", async () => {
    const backend = stagedBackend();
    const one = startProcess(backend).checkpoints;
    const two = startProcess(backend).checkpoints;
    const anew = async (n: number): Promise<void> => {
      await one.put("t", big(n), { id: "a" });
      await two.delete("t", "a");
      await two.put("t", big(n + 1), { id: "a" });
    };
    await anew(1);
    expect(await one.get("t", "a")).toEqual(big(2));
    expect((await one.record("t", "a"))?.sizeBytes).toBe((await two.record("t", "a"))?.sizeBytes);
    await one.attach("t", "a", "k", 7);
    expect(await two.attachments("t", "a")).toEqual([{ key: "k", value: 7 }]);
    await one.delete("t", "a");
    expect(await two.get("t", "a")).toBeNull();
    await anew(3);
    const changes = [{ path: ["m"], set: true }];
    expect(await one.append("t", { parentId: "a", changes, id: "b" })).toBe("b");
    expect(await two.get("t")).toEqual({ ...big(4), m: true });
    expect(await one.delete("t", "b")).toBeUndefined();
    expect(await two.delete("t", "a")).toBeUndefined();
    await anew(5);
    await one.put("t", big(7), { parentId: "a", id: "c" });
    expect(await two.record("t")).toMatchObject({ id: "c", parentId: "a" });
  });

  test("that was deleted can be given again", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    await checkpoints.put("t", big(1), { id: "a" });
    await checkpoints.delete("t", "a");
    expect(await checkpoints.put("t", big(2), { id: "a" })).toBe("a");
    expect(await startProcess(backend).checkpoints.get("t", "a")).toEqual(big(2));
  });

  test.each(["", "1-abcdefgh", "12-damaged", "x".repeat(5000), 5 as unknown as string])(
    "is refused where it cannot be one: %j",
    async (id) => {
      const backend = stagedBackend();
      expect(await outcome(startProcess(backend).checkpoints.put("t", 1, { id }))).toBe(
        "INVALID_ARGUMENT",
      );
      expect(backend.calls).toEqual([]);
    },
  );

  test("a put whose acknowledgement was lost answers the caller's id", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    await checkpoints.put("t", big(0));
    backend.loseNextWrite();
    expect(await checkpoints.put("t", big(1), { id: "a" })).toBe("a");
    expect((await checkpoints.list("t")).length).toBe(2);
  });
});

describe("attachments", () => {
  test("stand beside their checkpoint, in key order, replaced or kept", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const id = await checkpoints.put("t", { n: 1 });
    const keys = ["b", "a/1", "a/0", "\ud800", "é", "x".repeat(900)];
    for (const key of keys) await checkpoints.attach("t", id, key, { key });
    await checkpoints.attach("t", id, "b", undefined);
    await checkpoints.attach("t", id, "a/0", 2, { ifAbsent: true });
    const found = await startProcess(backend).checkpoints.attachments("t", id);
    const [first, ...more] = keys.toSorted();
    expect(found.map(({ key }) => key)).toEqual([first, ...more]);
    expect(found).toContainEqual({ key: "b", value: undefined });
    expect(found).toContainEqual({ key: "a/0", value: { key: "a/0" } });
    expect(await checkpoints.attachments("t", await checkpoints.put("t", 2))).toEqual([]);
    expect(await checkpoints.get("t", id)).toEqual({ n: 1 });
  });

  test("an operation writes once, also after another value was written", async () => {
    const { checkpoints } = startProcess(stagedBackend());
    const id = await checkpoints.put("t", 1);
    await checkpoints.attach("t", id, "k", 1, { operationId: "op" });
    await checkpoints.attach("t", id, "k", 2);
    await checkpoints.attach("t", id, "k", 1, { operationId: "op" });
    await checkpoints.attach("t", id, "other", 1, { operationId: "op" });
    expect(await checkpoints.attachments("t", id)).toEqual([
      { key: "k", value: 2 },
      { key: "other", value: 1 },
    ]);
  });

  test("need a checkpoint that can be seen, also at the moment of the write", async () => {
    const backend = stagedBackend();
    const clock = testClock();
    const { checkpoints, context } = startProcess(backend, { clock });
    const id = await checkpoints.put("t", 1);
    const other = await checkpoints.put("t", 2, { ttlMs: 5 });
    backend.before("write", () => startProcess(backend, { clock }).checkpoints.delete("t", id));
    expect(await outcome(checkpoints.attach("t", id, "k", 1))).toBe("NOT_FOUND");
    clock.now += 5;
    for (const gone of [id, other, "1-abcdefgh", "none"]) {
      expect(await outcome(checkpoints.attach("t", gone, "k", 1))).toBe("NOT_FOUND");
      expect(await outcome(checkpoints.attachments("t", gone))).toBe("NOT_FOUND");
    }
    expect(await attached(context)).toEqual([]);
  });

  test("are refused when they are none, and nothing is written", async () => {
    const backend = stagedBackend();
    const { checkpoints } = startProcess(backend);
    const id = await checkpoints.put("t", 1);
    backend.calls.length = 0;
    const attach = (key: string, value: unknown): Promise<unknown> =>
      outcome(checkpoints.attach("t", id, key, value));
    expect(await attach("", 1)).toBe("INVALID_ARGUMENT");
    expect(await attach("k", () => 1)).toBe("UNSUPPORTED_VALUE");
    expect(await attach("k", "x".repeat(2_000_000))).toBe("TOO_LARGE");
    expect(backend.calls).toEqual([]);
  });
});
