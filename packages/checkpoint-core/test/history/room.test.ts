import { createStore, memoryBackend, type NewEntry } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";

const entries = (count: number): readonly (NewEntry & { readonly id: string })[] =>
  Array.from({ length: count }, (_, n) => ({ id: `m${n}`, value: n }));

const store = () => {
  const { limits } = memoryBackend();
  return createStore({ backend: memoryBackend({ limits: { ...limits, maxWrites: 100 } }) });
};

test("an append of too many entries says how many fit, writes nothing, and those that fit do", async () => {
  const { history } = store();
  await history.append("t", [{ id: "first", value: "first" }]);
  await expect(history.append("t", entries(50))).rejects.toMatchObject({
    code: "TOO_LARGE",
    message:
      "An append of 50 entries takes 101 records of one write, and memory takes 100: about 49 such entries fit in one call; nothing was written.",
  });
  expect(await history.count("t")).toBe(1);
  await history.append("t", entries(49));
  const values = Array.from({ length: 98 }, (_, value) => ({ value }));
  await expect(
    history.append("t", [...values, { value: 98 }], { operationId: "o" }),
  ).rejects.toMatchObject({ code: "TOO_LARGE", message: expect.stringContaining("about ") });
  expect(await history.count("t")).toBe(50);
});

test.each([
  ["upsert", (many: ReturnType<typeof entries>) => store().history.upsert("t", many)],
  [
    "replace",
    (many: ReturnType<typeof entries>) => store().history.replace("t", {}, many, { expected: 0 }),
  ],
] as const)("so does %s", async (_, write) => {
  await expect(write(entries(50))).rejects.toMatchObject({
    code: "TOO_LARGE",
    message: expect.stringMatching(
      /^A rewrite of 50 entries takes 10\d records of one write, and memory takes 100: about 4\d such/,
    ),
  });
  expect((await write(entries(48))).ids).toHaveLength(48);
});
