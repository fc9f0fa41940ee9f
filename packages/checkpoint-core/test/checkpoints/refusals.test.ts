import { expect, test } from "vitest";
import type { AppendOptions, PutOptions } from "../../src/store/checkpoints/contract.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { outcome, stagedBackend, startProcess } from "./processes.ts";

const cycle: { self?: unknown } = {};
cycle.self = cycle;

test.each<[string, unknown, PutOptions | object, string]>([
  ["a function", { run: () => 1 }, {}, "UNSUPPORTED_VALUE"],
  ["a cycle", cycle, {}, "UNSUPPORTED_VALUE"],
  ["metadata that is no object", 1, { metadata: ["a"] }, "INVALID_ARGUMENT"],
  ["metadata of a class", 1, { metadata: new Map() }, "INVALID_ARGUMENT"],
  ["metadata that cannot be kept", 1, { metadata: { a: Symbol("a") } }, "UNSUPPORTED_VALUE"],
  ["an empty operation id", 1, { operationId: "" }, "INVALID_ARGUMENT"],
  ["an operation id that is no string", 1, { operationId: 5 }, "INVALID_ARGUMENT"],
  ["an empty expected head", 1, { expectedHead: "" }, "INVALID_ARGUMENT"],
  ["an expected head that is no string", 1, { expectedHead: 1 }, "INVALID_ARGUMENT"],
  ["an empty parent", 1, { parentId: "" }, "INVALID_ARGUMENT"],
  ["a parent that is not there", 1, { parentId: "1-abcdefgh" }, "NOT_FOUND"],
  ["a parent that is no id of ours", 1, { parentId: "cp" }, "NOT_FOUND"],
  ["a ttl of 0", 1, { ttlMs: 0 }, "INVALID_ARGUMENT"],
  ["a negative ttl", 1, { ttlMs: -1 }, "INVALID_ARGUMENT"],
  ["a fractional ttl", 1, { ttlMs: 1.5 }, "INVALID_ARGUMENT"],
  ["an endless ttl", 1, { ttlMs: Infinity }, "INVALID_ARGUMENT"],
  ["a ttl beyond all dates", 1, { ttlMs: Number.MAX_SAFE_INTEGER }, "INVALID_ARGUMENT"],
  ["a state over the engine's bound", { text: "x".repeat(2_100_000) }, {}, "TOO_LARGE"],
  [
    "metadata over the engine's bound",
    1,
    { metadata: { text: "x".repeat(2_100_000) } },
    "TOO_LARGE",
  ],
])("refuses a put with %s, and writes nothing", async (_what, state, options, code) => {
  const backend = stagedBackend(memoryBackend({ limits: { maxValueBytes: 2000 } }));
  const { checkpoints } = startProcess(backend);
  expect(await outcome(checkpoints.put("new", state, options))).toBe(code);
  expect(await checkpoints.list("new")).toEqual([]);
  const written = backend.calls.filter(({ verb, keys }) => verb === "write" && keys[0] !== "life");
  expect(written).toEqual([]);
  const head = await checkpoints.put("old", 0);
  expect(await outcome(checkpoints.put("old", state, options))).toBe(code);
  expect((await checkpoints.record("old"))?.id).toBe(head);
});

test.each<[string, Partial<AppendOptions> | object, string]>([
  ["no parent", { parentId: undefined }, "INVALID_ARGUMENT"],
  ["an empty parent", { parentId: "" }, "INVALID_ARGUMENT"],
  ["a parent that is not there", { parentId: "7-abcdefgh" }, "NOT_FOUND"],
  [
    "a path that does not exist",
    { changes: [{ path: ["a", "b"], append: [1] }] },
    "INVALID_ARGUMENT",
  ],
  [
    "an append to what is no array",
    { changes: [{ path: ["n"], append: [1] }] },
    "INVALID_ARGUMENT",
  ],
  ["changes that are none", { changes: { path: [] } }, "INVALID_ARGUMENT"],
  [
    "a change that cannot be kept",
    { changes: [{ path: ["n"], set: () => 1 }] },
    "UNSUPPORTED_VALUE",
  ],
  ["a ttl of 0", { ttlMs: 0 }, "INVALID_ARGUMENT"],
  ["an empty operation id", { operationId: "" }, "INVALID_ARGUMENT"],
  ["another expected head", { expectedHead: null }, "CONFLICT"],
  ["too much", { changes: [{ path: ["n"], set: "x".repeat(2_100_000) }] }, "TOO_LARGE"],
])("refuses an append with %s, warm and cold, and writes nothing", async (_what, options, code) => {
  const backend = stagedBackend(memoryBackend({ limits: { maxValueBytes: 2000 } }));
  const warm = startProcess(backend).checkpoints;
  const parentId = await warm.put("t", { n: 1 });
  backend.calls.length = 0;
  const wanted = { parentId, changes: [{ path: ["n"], set: 2 }], ...options } as AppendOptions;
  for (const checkpoints of [warm, startProcess(backend).checkpoints])
    expect(await outcome(checkpoints.append("t", wanted))).toBe(code);
  expect(backend.calls.filter(({ verb }) => verb === "write")).toEqual([]);
});

test("refuses ids and limits that are none", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  await checkpoints.put("t", 1);
  backend.calls.length = 0;
  const none = 5 as unknown as string;
  const long = "x".repeat(5000);
  for (const id of ["", none, long]) {
    expect(await outcome(checkpoints.put(id, 1))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.get(id))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.get("t", id))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.record("t", id))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.delete(id))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.delete("t", id))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.list("t", { before: id }))).toBe("INVALID_ARGUMENT");
    expect(await outcome(checkpoints.delete("t", undefined, { operationId: id }))).toBe(
      "INVALID_ARGUMENT",
    );
  }
  for (const limit of [-1, 1.5, Number.NaN, Infinity, "5" as unknown as number])
    expect(await outcome(checkpoints.list("t", { limit }))).toBe("INVALID_ARGUMENT");
  expect(backend.calls).toEqual([]);
  expect(await outcome(checkpoints.list("t", { before: "cp" }))).toBe("NOT_FOUND");
  expect(await checkpoints.list("t", { limit: 0 })).toEqual([]);
});

test("refuses a record of a newer version, and says so", async () => {
  const backend = stagedBackend();
  const { checkpoints, context } = startProcess(backend);
  await checkpoints.put("t", { n: 1 });
  const partition = context.thread("t");
  const value = Uint8Array.from((await partition.read(["h"], 0)).get("h")?.bytes ?? []);
  value[0] = 2;
  await partition.write([{ op: "put", key: "h", value, expect: "any" }], 0);
  expect(await outcome(checkpoints.get("t"))).toBe("INCOMPATIBLE");
});
