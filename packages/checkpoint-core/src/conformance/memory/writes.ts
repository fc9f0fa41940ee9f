import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { refused } from "../history/store.ts";
import { portrait, valueKinds } from "../values.ts";
import { memoryCase, type MemoryStoreSubject, OF_USER, textsOf } from "./store.ts";

const operationId = "step 1";

/** What is written to memories: once, whole, all or none. */
export const memoryWrites: readonly Case<MemoryStoreSubject>[] = [
  memoryCase(
    "read-back",
    "a memory is read as it was written, by every process",
    async (one, other) => {
      const metadata = { topic: "tea", score: 1, nested: { list: [1, "two"] } };
      const { ids, revisions, replayed } = await one.write(OF_USER, [
        { id: "a", text: "likes tea", metadata },
        { id: "b", text: "has a cat" },
      ]);
      assert.deepEqual({ ids, replayed }, { ids: ["a", "b"], replayed: false });
      const [first] = revisions;
      const read = await other.get(OF_USER, "a");
      assert.ok(
        read?.createdAt instanceof Date && read.updatedAt instanceof Date,
        `its dates are ${String(read?.createdAt)} and ${String(read?.updatedAt)}`,
      );
      const { id, text, metadata: kept, revision } = read;
      assert.deepEqual(
        { id, text, kept, revision },
        { id: "a", text: "likes tea", kept: metadata, revision: first },
      );
      assert.equal(Object.hasOwn((await one.get(OF_USER, "b")) ?? {}, "metadata"), false);
    },
  ),
  memoryCase(
    "replay",
    "a write that is retried, as after a lost acknowledgement, writes nothing and gets the first answer, whoever retries",
    async (one, other) => {
      const memories = [{ text: "a" }, { text: "a" }];
      const first = await one.write(OF_USER, memories, { operationId });
      assert.equal(new Set(first.ids).size, 2, "content is no identity");
      for (const retrying of [one, other]) {
        const again = await retrying.write(OF_USER, memories, { operationId });
        assert.deepEqual(again, { ...first, replayed: true });
      }
      assert.deepEqual(await textsOf(other), ["a", "a"]);
    },
  ),
  memoryCase(
    "replay-of-another-payload",
    "a retry that was built anew leaves what the first one stored",
    async (one) => {
      const first = await one.write(OF_USER, [{ text: "a" }], { operationId });
      const again = await one.write(OF_USER, [{ text: "other" }, { text: "more" }], {
        operationId,
      });
      assert.deepEqual(again, { ...first, replayed: true });
      assert.deepEqual(await textsOf(one), ["a"]);
    },
  ),
  memoryCase(
    "strict-replay",
    "a strict retry with another payload conflicts and changes nothing; with the same one it gets the first answer",
    async (one, other) => {
      const strict = { operationId, strict: true };
      const payload = { id: "a", text: "a", metadata: { n: 1, of: "m" } };
      const equal = { metadata: { of: "m", n: 1 }, text: "a", id: "a" };
      const written = await one.write(OF_USER, [payload], strict);
      assert.deepEqual(await other.write(OF_USER, [equal], strict), { ...written, replayed: true });
      const updated = await one.update(OF_USER, [{ id: "a", text: "b" }], strict);
      for (const [memory, text] of [
        [one, "c"],
        [other, "d"],
      ] as const) {
        const write = memory.write(OF_USER, [{ ...payload, text }], strict);
        await refused(write, "CONFLICT", "a write of another memory");
        const update = memory.update(OF_USER, [{ id: "a", text }], strict);
        await refused(update, "CONFLICT", "another update");
      }
      assert.deepEqual(await other.update(OF_USER, [{ id: "a", text: "b" }], strict), {
        ...updated,
        replayed: true,
      });
      assert.deepEqual(await textsOf(other), ["b"]);
      const gone = await one.delete(OF_USER, ["a"], strict);
      await refused(other.delete(OF_USER, ["b"], strict), "CONFLICT", "another deletion");
      assert.deepEqual(await other.delete(OF_USER, ["a"], strict), { ...gone, replayed: true });
      const unnamed = one.write(OF_USER, [payload], { strict: true });
      await refused(unnamed, "INVALID_ARGUMENT", "strict without a name");
    },
  ),
  memoryCase(
    "late-replay",
    "a retry after the memory was deleted brings nothing back",
    async (one, other) => {
      const first = await one.write(OF_USER, [{ text: "a" }], { operationId });
      await one.delete(OF_USER, first.ids);
      await other.write(OF_USER, [{ text: "a" }], { operationId });
      assert.deepEqual(await textsOf(one), []);
    },
  ),
  memoryCase(
    "own-ids",
    "a memory whose own id is there is kept as it is stored",
    async (one, other) => {
      const first = await one.write(OF_USER, [{ id: "a", text: "first" }]);
      const again = await other.write(OF_USER, [
        { id: "a", text: "second" },
        { id: "b", text: "third" },
      ]);
      assert.equal(again.revisions[0], first.revisions[0]);
      assert.deepEqual(await textsOf(one), ["third", "first"]);
    },
  ),
  memoryCase(
    "needs-identity",
    "a memory that neither itself nor its call names is refused, as are two of one id",
    async (one) => {
      const two = [
        { id: "a", text: "a" },
        { id: "a", text: "b" },
      ];
      await refused(one.write(OF_USER, [{ text: "a" }]), "INVALID_ARGUMENT", "no name");
      await refused(one.write(OF_USER, two), "INVALID_ARGUMENT", "one id twice");
      await refused(one.write(OF_USER, [{ id: "", text: "a" }]), "INVALID_ARGUMENT", "no id");
      const unnamed = one.write(OF_USER, [{ text: "a" }], { operationId: "" });
      await refused(unnamed, "INVALID_ARGUMENT", "an empty operation id");
      assert.deepEqual(await textsOf(one), []);
    },
  ),
  memoryCase("all-or-none", "a call of which one part is refused does nothing", async (one) => {
    const bad = { id: "b", text: "b", metadata: { kept: textsOf } };
    await refused(one.write(OF_USER, [{ id: "a", text: "a" }, bad]), "UNSUPPORTED_VALUE", "write");
    assert.deepEqual(await textsOf(one), []);
    await one.write(OF_USER, [{ id: "a", text: "a" }]);
    const updates = [
      { id: "a", text: "other" },
      { id: "unknown", text: "b" },
    ];
    await refused(one.update(OF_USER, updates), "NOT_FOUND", "update");
    assert.deepEqual(await textsOf(one), ["a"]);
  }),
  memoryCase("update", "an update changes what it names and keeps the rest", async (one, other) => {
    await one.write(OF_USER, [
      { id: "a", text: "likes tea", metadata: { topic: "tea", since: 1 } },
      { id: "b", text: "has a cat" },
    ]);
    const before = await one.get(OF_USER, "a");
    const { revisions } = await other.update(OF_USER, [{ id: "a", text: "likes coffee" }]);
    const after = await one.get(OF_USER, "a");
    assert.notEqual(after?.revision, before?.revision);
    assert.equal(after?.revision, revisions[0]);
    assert.deepEqual(after?.createdAt, before?.createdAt);
    assert.deepEqual(after?.metadata, { topic: "tea", since: 1 });
    await one.update(OF_USER, [{ id: "a", metadata: { topic: "coffee" } }]);
    const last = await other.get(OF_USER, "a");
    assert.deepEqual([last?.text, last?.metadata], ["likes coffee", { topic: "coffee" }]);
    assert.deepEqual(await textsOf(other), ["has a cat", "likes coffee"], "it keeps its place");
  }),
  memoryCase(
    "update-replay",
    "an update that is retried behind a later one leaves that one",
    async (one, other) => {
      await one.write(OF_USER, [{ id: "a", text: "first" }]);
      const first = await one.update(OF_USER, [{ id: "a", text: "second" }], { operationId });
      await other.update(OF_USER, [{ id: "a", text: "third" }]);
      const again = await other.update(OF_USER, [{ id: "a", text: "second" }], { operationId });
      assert.deepEqual(again, { ...first, replayed: true });
      assert.deepEqual(await textsOf(one), ["third"]);
    },
  ),
  memoryCase(
    "update-of-nothing",
    "an update of a memory that was deleted, or never was, is NOT_FOUND and makes none",
    async (one, other) => {
      await one.write(OF_USER, [{ id: "a", text: "a" }]);
      await other.delete(OF_USER, ["a"]);
      for (const id of ["a", "b"])
        await refused(one.update(OF_USER, [{ id, text: "back" }]), "NOT_FOUND", id);
      assert.equal(await one.get(OF_USER, "a"), undefined);
      assert.deepEqual(await textsOf(one), []);
    },
  ),
  memoryCase(
    "compare-and-set",
    "of updates at once that expect one revision, one counts and the others conflict",
    async (one, other) => {
      const { revisions } = await one.write(OF_USER, [{ id: "a", text: "first" }]);
      const expected = revisions[0] ?? 0;
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? other : one).update(OF_USER, [{ id: "a", text: `try ${index}`, expected }]),
        ),
      );
      const won = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
      assert.equal(won.length, 1);
      assert.deepEqual(await textsOf(one), [`try ${won[0]}`]);
      const late = one.update(OF_USER, [{ id: "a", text: "late", expected }]);
      await refused(late, "CONFLICT", "a revision that is over");
    },
  ),
  memoryCase(
    "delete",
    "what is deleted is not read, listed or found, and a retry gets the first answer",
    async (one, other) => {
      await one.write(OF_USER, [
        { id: "a", text: "tea" },
        { id: "b", text: "tea" },
      ]);
      const first = await one.delete(OF_USER, ["a", "unknown"], { operationId });
      assert.deepEqual(first, { ids: ["a"], replayed: false });
      await other.write(OF_USER, [{ id: "unknown", text: "tea" }]);
      const again = await other.delete(OF_USER, ["a", "unknown"], { operationId });
      assert.deepEqual(again, { ids: ["a"], replayed: true });
      assert.equal(await other.get(OF_USER, "a"), undefined);
      assert.deepEqual(await textsOf(one), ["tea", "tea"]);
      const { memories, searched } = await one.search(OF_USER, "tea");
      const found = memories.map(({ memory }) => memory.id);
      assert.deepEqual(found.toSorted(), ["b", "unknown"]);
      assert.equal(searched, 2);
    },
  ),
  memoryCase(
    "concurrent",
    "memories that are written at once are all there, once each",
    async (one, other) => {
      const ids = Array.from({ length: 16 }, (_, index) => `m${index}`);
      await Promise.all(
        ids.flatMap((id, index) => [
          (index % 2 ? other : one).write(OF_USER, [{ id, text: id }]),
          (index % 2 ? one : other).write(OF_USER, [{ id: "same", text: "same" }]),
        ]),
      );
      assert.deepEqual((await textsOf(one)).toSorted(), [...ids, "same"].toSorted());
      const { searched } = await other.search(OF_USER, "same");
      assert.equal(searched, 17);
    },
  ),
  memoryCase(
    "metadata",
    "every kind of value in metadata comes back as it was, or is refused",
    async (one) => {
      for (const { name, make } of valueKinds) {
        const kept = await one
          .write(OF_USER, [{ id: name, text: name, metadata: { value: make() } }])
          .then(
            () => true,
            () => false,
          );
        const memory = await one.get(OF_USER, name);
        if (kept) assert.deepEqual(portrait(memory?.metadata), portrait({ value: make() }), name);
        else assert.equal(memory, undefined, name);
      }
    },
  ),
  memoryCase(
    "copies",
    "changing metadata after its write, or some that were read or found, changes nothing",
    async (one) => {
      const metadata = { list: [1] };
      await one.write(OF_USER, [{ id: "a", text: "tea", metadata }]);
      metadata.list.push(2);
      for (let turn = 0; turn < 2; turn += 1) {
        const { memories } = await one.search(OF_USER, "tea");
        const read = (await one.get(OF_USER, "a"))?.metadata as typeof metadata;
        const found = memories[0]?.memory.metadata as typeof metadata;
        assert.deepEqual([read, found], [{ list: [1] }, { list: [1] }]);
        read.list.push(3);
        found.list.push(4);
      }
    },
  ),
];
