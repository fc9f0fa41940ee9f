import type { Backend, Expectation } from "@perdure/checkpoint-core";
import { describe, expect, test } from "vitest";
import { sqliteBackend } from "../src/index.ts";
import { nowhere } from "../src/partitions.ts";
import { drivers, testFile } from "./folder.ts";

/** Puts one record; its revision is the partition's. */
async function put(
  backend: Backend,
  expected: Expectation = "any",
  { revive = false }: { readonly revive?: boolean } = {},
): Promise<number> {
  const writes = [{ op: "put", key: "a", value: new Uint8Array(1), expect: expected } as const];
  return (await backend.write("p", { writes, now: 0, revive })).revision;
}

describe.each(drivers)("a partition, %s", (driver) => {
  test("what others did to a partition since counts, not where this process left it", async () => {
    const path = await testFile();
    await using one = sqliteBackend({ path, driver });
    await using other = sqliteBackend({ path, driver });
    await one.setup("create");
    expect([await put(one), await put(one), await put(other), await put(one)]).toEqual([
      1, 2, 3, 4,
    ]);
    await other.drop("p", 0);
    await expect(put(one)).rejects.toMatchObject({ code: "DELETED" });
    expect(await put(other, "absent", { revive: true })).toBe(5);
    expect(await put(one, 5)).toBe(6);
  });

  test("a write that fails leaves the partition where it was", async () => {
    await using backend = sqliteBackend({ path: await testFile(), driver });
    await backend.setup("create");
    expect(await put(backend)).toBe(1);
    await expect(put(backend, "absent")).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(put(backend, 7)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await put(backend, 1)).toBe(2);
  });
});

test("remembers the partitions that were written to last, and a bounded number of them", () => {
  const last = nowhere();
  for (let id = 1; id <= 10_000; id += 1) last.keep(`p${id}`, id, 3);
  expect(last.get("p10000")).toEqual({ id: 10_000, revision: 3 });
  expect(last.get("p1")).toBeUndefined();
});
