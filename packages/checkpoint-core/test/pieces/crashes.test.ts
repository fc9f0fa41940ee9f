import { expect, test } from "vitest";
import type { Backend, Write } from "../../src/backend/contract.ts";
import { encodeValue } from "../../src/store/encode.ts";
import type { Partition } from "../../src/store/partition.ts";
import { wrapBackend } from "../wrap.ts";
import { door, dying, HOUR, narrowBackend, noise, stored, THEN } from "./shelf.ts";

/** A text of about 50 pieces. */
const big = (seed: number): string => noise(50_000, seed);
const LATER = THEN + 3 * HOUR;

async function put(backend: Backend, seed: number): Promise<number> {
  const written = await door(backend).write([putOf("a", big(seed))], THEN);
  return written.revision;
}

function putOf(key: string, content: unknown): Write {
  return { op: "put", key, value: encodeValue(content), expect: "any" };
}

function slowPut(backend: Backend): Promise<number> {
  return put(backend, 2);
}

async function value(backend: Backend, now = THEN): Promise<unknown> {
  return (await door(backend).read(["a"], now)).get("a")?.value();
}

/** What is left when all who use the partition are gone: the value's own records. */
async function expectNoOrphans(backend: Backend): Promise<void> {
  expect(await door(backend).sweepPieces(LATER)).toMatchObject({ young: false, more: false });
  const keys = (await stored(backend, LATER)).map(({ key }) => key);
  const uploads = keys.filter((key) => key.startsWith("u/"));
  expect(uploads.length).toBeLessThanOrEqual(keys.includes("a") ? 1 : 0);
  for (const key of keys)
    expect(key === "a" || uploads.some((upload) => key.includes(upload.slice(2)))).toBe(true);
}

test.each([false, true])(
  "a write of 50 pieces that dies at any call (after it happened: %s) leaves the old value or the new one",
  async (after) => {
    for (let at = 0; ; at += 1) {
      const inner = narrowBackend();
      await put(inner, 1);
      const cut = dying(inner, at, after);
      const outcome = await put(cut.backend, 2).then(
        () => "written",
        () => "died",
      );
      const found = await value(inner);
      if (outcome === "written") {
        expect(found).toBe(big(2));
        expect(at).toBeGreaterThan(6);
        return;
      }
      expect([big(1), big(2)]).toContain(found);
      expect(await value(inner)).toBe(found);
      await expectNoOrphans(inner);
      expect(await value(inner, LATER)).toBe(found);
    }
  },
);

test.each([false, true])(
  "a sweep that dies at any call (after it happened: %s) loses no value, and the next one ends it",
  async (after) => {
    for (let at = 0; ; at += 1) {
      const inner = narrowBackend();
      await put(inner, 1);
      await put(inner, 2);
      const cut = dying(inner, at, after);
      const outcome = await door(cut.backend)
        .sweepPieces(LATER)
        .then(
          () => "swept",
          () => "died",
        );
      expect(await value(inner, LATER)).toBe(big(2));
      await expectNoOrphans(inner);
      expect(await value(inner, LATER)).toBe(big(2));
      if (outcome === "swept") return;
    }
  },
);

/** A backend on which `meanwhile` happens before the call of a number. */
function before(inner: Backend, at: number, meanwhile: () => Promise<unknown>): Backend {
  let calls = 0;
  const turn = async <T>(verb: () => Promise<T>): Promise<T> => {
    if (calls++ === at) await meanwhile();
    return verb();
  };
  return wrapBackend(inner, {
    read: (...of) => turn(() => inner.read(...of)),
    scan: (...of) => turn(() => inner.scan(...of)),
    write: (...of) => turn(() => inner.write(...of)),
  });
}

/** The number of calls that `work` makes. */
async function callsOf(
  inner: Backend,
  work: (backend: Backend) => Promise<unknown>,
): Promise<number> {
  const counted = dying(inner, Infinity, false);
  await work(counted.backend);
  return counted.calls();
}

test("a sweep that runs before any call of a slow write makes it conflict, or leaves it whole", async () => {
  const conflicts = new Set<boolean>();
  const calls = await callsOf(narrowBackend(), slowPut);
  for (let at = 0; at < calls; at += 1) {
    const inner = narrowBackend();
    await put(inner, 1);
    const sweep = (): Promise<unknown> => door(inner).sweepPieces(LATER);
    const outcome = await slowPut(before(inner, at, sweep)).then(
      () => 2,
      (error: { code: string }) => error.code,
    );
    expect([2, "CONFLICT"]).toContain(outcome);
    conflicts.add(outcome === "CONFLICT");
    expect(await value(inner, LATER)).toBe(big(outcome === 2 ? 2 : 1));
    await expectNoOrphans(inner);
    expect(await value(inner, LATER)).toBe(big(outcome === 2 ? 2 : 1));
  }
  expect(conflicts).toEqual(new Set([true, false]));
});

test("a put or a deletion before any call of a sweep is never swept with what it replaced", async () => {
  const changes: readonly ((partition: Partition) => Promise<unknown>)[] = [
    (partition) => partition.write([putOf("a", big(3))], LATER),
    (partition) => partition.write([{ op: "delete", key: "a", expect: "present" }], LATER),
  ];
  for (const change of changes)
    for (let at = 0; at < 30; at += 1) {
      const inner = narrowBackend();
      await put(inner, 1);
      await put(inner, 2);
      await door(before(inner, at, () => change(door(inner)))).sweepPieces(LATER);
      const found = await value(inner, LATER);
      expect([big(2), big(3), undefined]).toContain(found);
      expect(await value(inner, LATER)).toBe(found);
    }
});

test("a reader whose value is replaced and swept before any of its calls gets the old value or the new one", async () => {
  const seen = new Set<unknown>();
  for (let at = 0; at < 14; at += 1)
    for (const scan of [false, true]) {
      const inner = narrowBackend();
      await put(inner, 1);
      const replace = async (): Promise<void> => {
        await put(inner, 2);
        await door(inner).sweepPieces(LATER);
      };
      const partition = door(before(inner, at, replace));
      const found = scan
        ? (await partition.scan({ from: "a", to: "b", limit: 10 }, THEN)).records[0]
        : (await partition.read(["a"], THEN)).get("a");
      expect([big(1), big(2)]).toContain(found?.value());
      seen.add(found?.value());
    }
  expect(seen.size).toBe(2);
});

test("a reader of several records sees one instant, whatever is replaced meanwhile", async () => {
  for (let at = 0; at < 20; at += 1) {
    const inner = narrowBackend();
    const both = async (seed: number): Promise<void> => {
      const writes = [putOf("a", big(seed)), putOf("b", seed), putOf("c", big(seed))];
      await door(inner).write(writes, THEN);
    };
    await both(1);
    const replace = async (): Promise<void> => {
      await both(2);
      await door(inner).sweepPieces(LATER);
    };
    const found = await door(before(inner, at, replace)).read(["a", "b", "c"], THEN);
    const seed = Number(found.get("b")?.value());
    expect([found.get("a")?.value(), found.get("c")?.value()]).toEqual([big(seed), big(seed)]);
  }
});
