import assert from "node:assert/strict";
import { isStorageError } from "../../errors.ts";
import type { MemoryScope } from "../../store/memory/contract.ts";
import type { Case } from "../case.ts";
import { idsFound, memoryCase, type MemoryStoreSubject, OF_USER, textsOf } from "./store.ts";

const OF_AGENT: MemoryScope = { kind: "agent", agent: "a" };

/** Promises that are easily kept by half: for the first of several, or until something else happens. */
export const memoryHalves: readonly Case<MemoryStoreSubject>[] = [
  memoryCase(
    "operations-belong-to-scopes",
    "one operation id in two scopes is two operations",
    async (one) => {
      const operation = { operationId: "op" };
      const first = await one.write(OF_USER, [{ text: "mine" }], operation);
      const second = await one.write(OF_AGENT, [{ text: "its" }], operation);
      assert.deepEqual([first.replayed, second.replayed], [false, false]);
      assert.deepEqual([await textsOf(one), await textsOf(one, OF_AGENT)], [["mine"], ["its"]]);
    },
  ),
  memoryCase(
    "expectations-of-all",
    "an update whose last expectation does not hold changes nothing",
    async (one, other) => {
      const { revisions } = await one.write(OF_USER, [
        { id: "a", text: "a" },
        { id: "b", text: "b" },
      ]);
      await other.update(OF_USER, [{ id: "b", text: "b2" }]);
      const updates = ["a", "b"].map((id, index) => ({
        id,
        text: "late",
        expected: revisions[index] ?? 0,
      }));
      await assert.rejects(
        one.update(OF_USER, updates),
        (error) => isStorageError(error) && error.code === "CONFLICT",
      );
      assert.deepEqual((await textsOf(one)).toSorted(), ["a", "b2"]);
    },
  ),
  memoryCase(
    "dates",
    "an update keeps the date of the first write, in whatever tells of the memory",
    async (one, other) => {
      await one.write(OF_USER, [{ id: "a", text: "the moon" }]);
      const before = await one.get(OF_USER, "a");
      const createdAt = before?.createdAt.getTime() ?? Number.NaN;
      assert.equal(before?.updatedAt.getTime(), createdAt, "updated when it was written");
      for (const start = Date.now(); Date.now() < start + 2; );
      await one.update(OF_USER, [{ id: "a", text: "the full moon" }]);
      const [listed] = (await other.list(OF_USER)).memories;
      const [found] = (await other.search(OF_USER, "moon")).memories;
      for (const memory of [await other.get(OF_USER, "a"), listed, found?.memory]) {
        assert.equal(memory?.createdAt.getTime(), createdAt, "created");
        assert.ok((memory?.updatedAt.getTime() ?? 0) >= createdAt, "updated before it was written");
      }
    },
  ),
  memoryCase(
    "filter-of-several",
    "a filter of several values finds what has all of them",
    async (one) => {
      const written = [
        { id: "both", text: "moon", metadata: { kind: "fact", sure: true } },
        { id: "first", text: "moon", metadata: { kind: "fact", sure: false } },
        { id: "second", text: "moon", metadata: { kind: "wish", sure: true } },
        { id: "none", text: "moon" },
      ];
      await one.write(OF_USER, written);
      for (const filter of [
        { kind: "fact", sure: true },
        { sure: true, kind: "fact" },
      ])
        assert.deepEqual(await idsFound(one, "moon", { filter }), ["both"]);
    },
  ),
  memoryCase(
    "erase-ends-operations",
    "an erased scope knows nothing of the operations before: the same one writes again",
    async (one, other) => {
      const write = (): Promise<unknown> =>
        one.write(OF_USER, [{ text: "told" }], { operationId: "op" });
      await write();
      await other.erase(OF_USER);
      assert.deepEqual(await textsOf(one), []);
      assert.equal(((await write()) as { readonly replayed: boolean }).replayed, false);
      assert.deepEqual(await textsOf(other), ["told"]);
    },
  ),
];
