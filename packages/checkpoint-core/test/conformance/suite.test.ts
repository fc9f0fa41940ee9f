import { expect, it } from "vitest";
import {
  backendCases,
  ConformanceFailure,
  defineCase,
  planSuite,
  runCase,
} from "../../src/conformance/index.ts";
import assert from "node:assert/strict";

const passes = defineCase<{ readonly value: number }>("law-7.passes", "it passes", () =>
  Promise.resolve(),
);
const fails = defineCase("other.fails", "it fails", async (subject: { readonly value: number }) => {
  assert.equal(subject.value, 2, "the value");
});
const create = (): Promise<{ value: number }> => Promise.resolve({ value: 1 });

it("says in a failure which case failed, what was expected and what was there", async () => {
  expect(passes).toMatchObject({ id: "law-7.passes", law: 7 });
  const failure = await runCase(fails, create);
  expect(failure).toBeInstanceOf(ConformanceFailure);
  expect(failure).toMatchObject({ caseId: "other.fails", actual: 1, expected: 2 });
  expect(failure?.message).toContain("other.fails (it fails): the value");
});

it("runs a waived case, shows the reason, and fails when it passes or when no case has its id", async () => {
  const waivers = { "law-7.passes": "why one", "other.fails": "why two", gone: "why three" };
  const tests = planSuite([passes, fails], { create, waivers });
  expect(tests.map(({ title }) => title)).toEqual([
    "law-7.passes: it passes [waived: why one]",
    "other.fails: it fails [waived: why two]",
    "gone: a waiver names a case of the suite",
  ]);
  await expect(tests[0]?.run()).rejects.toThrow("its waiver is stale");
  await expect(tests[1]?.run()).resolves.toBeUndefined();
  await expect(tests[2]?.run()).rejects.toThrow("no case has this id");
});

it("fails for a waiver that says no reason, whatever its case does", async () => {
  const empty = { "law-7.passes": "", "other.fails": " " };
  const tests = planSuite([passes, fails], { create, waivers: empty });
  expect(tests.map(({ title }) => title)).toEqual([
    "law-7.passes: it passes [waived]",
    "other.fails: it fails [waived]",
  ]);
  for (const test of tests) await expect(test.run()).rejects.toThrow("its waiver says no reason");
});

it("disposes of each subject, also after a failure", async () => {
  let disposed = 0;
  const dispose = (): Promise<void> => {
    disposed += 1;
    return Promise.resolve();
  };
  for (const one of planSuite([passes, fails], { create: async () => ({ value: 1, dispose }) }))
    await one.run().catch(() => undefined);
  expect(disposed).toBe(2);
});

it("has a case for each of the nine laws", () => {
  const laws = new Set(backendCases().map(({ law }) => law));
  laws.delete(undefined);
  expect(laws).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
});
