import { expect, test } from "vitest";
import type { Backend, Write, WriteBatch } from "../../src/backend/contract.ts";
import { encodeValue } from "../../src/store/encode.ts";
import { wrapBackend } from "../wrap.ts";
import { door, dying, HOUR, NAME, narrowBackend, noise, stored, THEN } from "./shelf.ts";

const LATER = THEN + 3 * HOUR;

function putOf(key: string, content: unknown): Write {
  return { op: "put", key, value: encodeValue(content), expect: "any" };
}

/** Writes of which the last, which puts the values, is held back: their pieces stand. */
async function heldBack(inner: Backend, writes: readonly Write[]): Promise<WriteBatch> {
  let held: WriteBatch | undefined;
  const backend = wrapBackend(inner, {
    write(name, batch) {
      if (!batch.writes.some((write) => "key" in write && write.key === "a"))
        return inner.write(name, batch);
      held = batch;
      return Promise.reject(new Error("held back"));
    },
  });
  await expect(door(backend).write(writes, THEN)).rejects.toThrow("held back");
  if (!held) throw new Error("Nothing was held back.");
  return held;
}

test.each<[string, readonly Write[]]>([
  ["of many pieces", [putOf("a", noise(50_000))]],
  ["of few pieces", [putOf("a", noise(5000)), putOf("b", noise(5000, 2))]],
])(
  "a late write %s between any two calls of a sweep lands whole, or not at all",
  async (_what, writes) => {
    const landed = new Set<boolean>();
    for (let at = 0; at < 24; at += 1) {
      const inner = narrowBackend();
      const late = await heldBack(inner, writes);
      const write = async (): Promise<void> => {
        const outcome = await inner.write(NAME, late).then(
          () => true,
          (error: { code: string }) => error.code,
        );
        expect([true, "CONFLICT"]).toContain(outcome);
        landed.add(outcome === true);
      };
      let calls = 0;
      const turn = async <T>(verb: () => Promise<T>): Promise<T> => {
        calls += 1;
        if (calls === at + 1) await write();
        return verb();
      };
      const sweeping = wrapBackend(inner, {
        read: (...of) => turn(() => inner.read(...of)),
        scan: (...of) => turn(() => inner.scan(...of)),
        write: (...of) => turn(() => inner.write(...of)),
      });
      await door(sweeping).sweepPieces(LATER);
      await door(inner).sweepPieces(LATER);
      for (const [key, record] of await door(inner).read(["a", "b"], LATER))
        expect(encodeValue(record.value())).toEqual(
          writes.flatMap((of) => (of.op === "put" && of.key === key ? [of.value] : []))[0],
        );
      if (!landed.has(true)) expect(await stored(inner, LATER)).toEqual([]);
    }
    expect(landed).toEqual(new Set([true, false]));
  },
);

test("a slow write that goes on while a sweep of it has stopped half-way leaves no piece that no sweep finds", async () => {
  for (let at = 1; at < 7; at += 1)
    for (let cut = 2; cut < 9; cut += 1) {
      const inner = narrowBackend();
      let writes = 0;
      const slow = wrapBackend(inner, {
        async write(...of) {
          writes += 1;
          if (writes === at + 1)
            await door(dying(inner, cut, true).backend)
              .sweepPieces(LATER)
              .catch(() => undefined);
          return inner.write(...of);
        },
      });
      const outcome = await door(slow)
        .write([putOf("a", noise(50_000))], THEN)
        .then(
          () => "written",
          (error: { code: string }) => error.code,
        );
      expect(["written", "CONFLICT"]).toContain(outcome);
      const found = (await door(inner).read(["a"], LATER)).get("a")?.value();
      expect(found).toBe(outcome === "written" ? noise(50_000) : undefined);
      await door(inner).sweepPieces(LATER);
      if (outcome !== "written") expect(await stored(inner, LATER)).toEqual([]);
    }
});

test("a reader whose value is replaced again and again gets one of them in the end, and no damage", async () => {
  const inner = narrowBackend();
  await door(inner).write([putOf("a", noise(50_000, 0))], THEN);
  let replaced = 0;
  const busy = wrapBackend(inner, {
    async read(name, keys, now) {
      if (keys.some((key) => key.startsWith("p/")) && replaced < 5) {
        replaced += 1;
        await door(inner).write([putOf("a", noise(50_000, replaced))], THEN);
        await door(inner).sweepPieces(LATER);
      }
      return inner.read(name, keys, now);
    },
  });
  const found = await door(busy).read(["a"], LATER);
  expect(found.get("a")?.value()).toBe(noise(50_000, 5));
});

test("a piece with other bytes is CORRUPT", async () => {
  const inner = narrowBackend();
  await door(inner, { compress: false }).write([putOf("a", noise(20_000))], THEN);
  const piece = (await stored(inner)).find(({ key }) => key.startsWith("p/"));
  const bytes = Uint8Array.from(piece?.value ?? []);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  const write: Write = { op: "put", key: piece?.key ?? "", value: bytes, expect: "present" };
  await inner.write(NAME, { writes: [write], now: THEN });
  const record = (await door(inner).read(["a"], THEN)).get("a");
  expect(() => record?.value()).toThrow(expect.objectContaining({ code: "CORRUPT" }));
});
