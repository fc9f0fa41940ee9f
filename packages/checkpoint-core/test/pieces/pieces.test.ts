import { describe, expect, test } from "vitest";
import type { Write } from "../../src/backend/contract.ts";
import { keyAt } from "../../src/backend/keys.ts";
import { memoryBackend } from "../../src/backend/memory.ts";
import { encodeValue } from "../../src/store/encode.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { door, HOUR, key, NAME, narrowBackend, noise, stored, THEN } from "./shelf.ts";

const ways: readonly (readonly [string, SealingOptions])[] = [
  ["plain", { compress: false }],
  ["compressed", { compress: { minBytes: 1 } }],
  ["encrypted", { compress: false, encryption: { keys: { k: key(1) }, current: "k" } }],
  ["both", { compress: { minBytes: 1 }, encryption: { keys: { k: key(1) }, current: "k" } }],
];

describe.each(ways)("large values, %s", (_way, options) => {
  test.each([900, 1000, 1001, 3000, 7000, 20_000, 300_000])(
    "gives back a value of %i bytes that was put, and one that was appended",
    async (length) => {
      const backend = narrowBackend();
      const partition = door(backend, options);
      const value = { a: noise(length), b: [new Date(0), 1n] };
      await partition.write(
        [{ op: "put", key: "a", value: encodeValue(value), expect: "absent" }],
        THEN,
      );
      const { revision } = await partition.write(
        [
          { op: "put", key: "small", value: encodeValue(1), expect: "any" },
          { op: "append", prefix: "e/", value: encodeValue([value]) },
        ],
        THEN,
      );
      const at = keyAt("e/", revision, 1);
      const other = door(backend, options);
      const found = await other.read(["a", at, "small"], THEN);
      expect(found.get("a")?.value()).toEqual(value);
      expect(found.get(at)?.value()).toEqual([value]);
      expect(found.get("small")?.value()).toBe(1);
      const { records } = await other.scan({ from: "!", to: "\u007f", limit: 10_000 }, THEN);
      expect(records.map((record) => [record.key, record.value()])).toEqual([
        ["a", value],
        [at, [value]],
        ["small", 1],
      ]);
      for (const { value: bytes } of await stored(backend))
        expect(bytes.byteLength).toBeLessThanOrEqual(1000);
    },
  );

  test("splits smaller values where a write would be over its bytes", async () => {
    const backend = narrowBackend();
    const partition = door(backend, options);
    const values = Array.from({ length: 4 }, (_, index) => noise(3000, index));
    await partition.write(
      values.map((value, index) => ({
        op: "put",
        key: `k${index}`,
        value: encodeValue(value),
        expect: "absent",
      })),
      THEN,
    );
    const found = await door(backend, options).read(["k0", "k1", "k2", "k3"], THEN);
    expect([...found.values()].map((record) => record.value())).toEqual(values);
  });

  test("reads the beginning of a large value without its pieces", async () => {
    const inner = memoryBackend({ limits: { maxValueBytes: 200_000, maxWriteBytes: 300_000 } });
    const partition = door(inner, options);
    const value = encodeValue({ first: 1, rest: noise(2_000_000) });
    await partition.write([{ op: "put", key: "a", value, expect: "absent" }], THEN);
    const { records } = await partition.scan({ from: "a", to: "b", limit: 5 }, THEN, {
      partial: true,
    });
    const start = records[0]?.start?.();
    expect(start?.byteLength).toBeGreaterThan(100_000);
    expect(start).toStrictEqual(value.subarray(0, start?.byteLength));
    expect(() => records[0]?.value()).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  test("a sweep frees what was replaced or deleted, and nothing else", async () => {
    const backend = narrowBackend();
    const partition = door(backend, options);
    const put = async (name: string, seed: number): Promise<unknown> =>
      partition.write(
        [{ op: "put", key: name, value: encodeValue(noise(30_000, seed)), expect: "any" }],
        THEN,
      );
    for (const name of ["a", "b", "c"]) await put(name, 1);
    await put("a", 2);
    await partition.write([{ op: "delete", key: "b", expect: "present" }], THEN);
    expect(await partition.sweepPieces(THEN + HOUR - 1)).toEqual({
      left: 4,
      young: true,
      more: false,
    });
    expect(await partition.sweepPieces(THEN + HOUR)).toEqual({
      left: 2,
      young: false,
      more: false,
    });
    const found = await partition.read(["a", "b", "c"], THEN);
    expect([found.get("a")?.value(), found.has("b"), found.get("c")?.value()]).toEqual([
      noise(30_000, 2),
      false,
      noise(30_000, 1),
    ]);
    await partition.write([{ op: "delete", key: "a", expect: "any" }], THEN);
    await partition.write([{ op: "delete", key: "c", expect: "any" }], THEN);
    expect((await partition.sweepPieces(THEN + HOUR)).left).toBe(0);
    expect(await stored(backend)).toEqual([]);
  });
});

test("a value that shrinks by compression stays one record", async () => {
  const backend = narrowBackend();
  const value = encodeValue("x".repeat(20_000));
  await door(backend).write([{ op: "put", key: "a", value, expect: "any" }], THEN);
  expect((await stored(backend)).map((record) => record.key)).toEqual(["a"]);
});

test("a value of an appended record is swept when it is gone", async () => {
  const backend = narrowBackend();
  const partition = door(backend);
  const { revision } = await partition.write(
    [{ op: "append", prefix: "e/", value: encodeValue(noise(20_000)) }],
    THEN,
  );
  expect((await partition.sweepPieces(THEN + 2 * HOUR)).left).toBe(1);
  const at = keyAt("e/", revision, 0);
  expect((await partition.read([at], THEN)).get(at)?.value()).toBe(noise(20_000));
  await partition.write([{ op: "delete", key: at, expect: "present" }], THEN);
  expect((await partition.sweepPieces(THEN + 2 * HOUR)).left).toBe(0);
  expect(await stored(backend)).toEqual([]);
});

test.each<[string, unknown]>([
  ["more pieces than there can be", { k: "b", n: 1e12, t: 1 }],
  ["less than none", { k: "b", n: -1, t: 1 }],
  ["half a piece", { k: "b", n: 0.5, t: 1 }],
  ["an index before the first", { k: "b", n: 1, t: 1, i: -1 }],
  ["nothing", null],
])("a forged upload that claims %s is CORRUPT, and holds up no other", async (_what, claim) => {
  const backend = narrowBackend();
  const partition = door(backend);
  const put: Write = { op: "put", key: "a", value: encodeValue(noise(20_000)), expect: "any" };
  await partition.write([put], THEN);
  await partition.write([{ op: "delete", key: "a", expect: "present" }], THEN);
  for (const upload of ["AAAA", "zzzz"]) {
    const forged: Write = {
      op: "put",
      key: `u/${upload}`,
      value: encodeValue(claim),
      expect: "any",
    };
    await backend.write(NAME, { writes: [forged], now: THEN });
  }
  await expect(partition.sweepPieces(THEN + 2 * HOUR)).rejects.toMatchObject({ code: "CORRUPT" });
  expect((await stored(backend)).map((record) => record.key)).toEqual(["u/AAAA", "u/zzzz"]);
});

test("an expired value is kept whole for those whose clock is behind, and freed after the grace", async () => {
  const backend = narrowBackend();
  const partition = door(backend);
  const value = encodeValue(noise(20_000));
  const expiresAt = THEN + 2 * HOUR;
  await partition.write([{ op: "put", key: "a", value, expect: "any", expiresAt }], THEN);
  expect((await partition.sweepPieces(expiresAt + HOUR - 1)).left).toBe(1);
  expect((await partition.read(["a"], expiresAt - 1)).get("a")?.value()).toBe(noise(20_000));
  expect((await partition.sweepPieces(expiresAt + HOUR)).left).toBe(0);
});

test("a record that has lost a piece is CORRUPT, and hides nothing else", async () => {
  const backend = narrowBackend();
  const partition = door(backend);
  const writes = ["a", "b"].map((name) => ({
    op: "put" as const,
    key: name,
    value: encodeValue(noise(20_000)),
    expect: "any" as const,
  }));
  for (const write of writes) await partition.write([write], THEN);
  const piece = (await stored(backend)).find((record) => record.key.startsWith("p/"));
  const lost = piece?.key ?? "";
  await backend.write(NAME, {
    writes: [{ op: "delete", key: lost, expect: "present" }],
    now: THEN,
  });
  const found = await partition.read(["a", "b"], THEN);
  const outcomes = [...found.values()].map((record) => {
    try {
      return record.value() === noise(20_000);
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  expect(new Set(outcomes)).toEqual(new Set(["CORRUPT", true]));
});

test("what no write may hold is refused before anything is written", async () => {
  const backend = narrowBackend();
  const partition = door(backend);
  for (const [code, writes] of [
    ["TOO_LARGE", [putOf("a", noise(1_000_001))]],
    ["TOO_LARGE", Array.from({ length: 11 }, (_, index) => putOf(`k${index}`, 1))],
    ["TOO_LARGE", Array.from({ length: 6 }, (_, index) => putOf(`k${index}`, noise(5000, index)))],
    ["INVALID_ARGUMENT", [putOf("p/x", 1)]],
    ["INVALID_ARGUMENT", [putOf("u/x", 1)]],
  ] as const) {
    expect(() => partition.check(writes)).toThrow(expect.objectContaining({ code }));
    await expect(partition.write(writes, THEN)).rejects.toMatchObject({ code });
  }
  expect(await stored(backend)).toEqual([]);
});

test("a door without notes splits nothing", async () => {
  const { openPartition } = await import("../../src/store/partition.ts");
  const partition = openPartition(narrowBackend(), NAME);
  const value = encodeValue(noise(2000));
  const write = partition.write([{ op: "put", key: "a", value, expect: "any" }], THEN);
  await expect(write).rejects.toMatchObject({ code: "TOO_LARGE" });
});

function putOf(name: string, value: unknown): Write {
  return { op: "put", key: name, value: encodeValue(value), expect: "any" };
}
