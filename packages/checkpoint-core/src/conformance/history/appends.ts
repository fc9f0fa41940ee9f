import assert from "node:assert/strict";
import type { HistoryStore } from "../../store/history/contract.ts";
import type { Case } from "../case.ts";
import { hostileStrings } from "../hostileStrings.ts";
import { portrait, valueKinds } from "../values.ts";
import {
  historyCase,
  type HistoryStoreSubject,
  inParts,
  named,
  refused,
  unnamed,
  valuesOf,
} from "./store.ts";

/** What is written to a history: once, in order, whole, and for its owner. */
export const historyAppends: readonly Case<HistoryStoreSubject>[] = [
  historyCase(
    "order",
    "entries are read in the order of their writes, to every process",
    async (one, other) => {
      const expected: number[] = [];
      for (let index = 0; index < 24; index += 2) {
        await (index % 4 ? other : one).append("t", unnamed(index, index + 1), {
          operationId: `op-${index}`,
        });
        expected.push(index, index + 1);
      }
      assert.deepEqual(await valuesOf(one), expected);
      assert.deepEqual(await valuesOf(other), expected);
      const cursors = (await one.read("t")).map(({ cursor }) => cursor);
      assert.deepEqual(cursors, cursors.toSorted(), "cursors sort as text in write order");
    },
  ),
  historyCase(
    "equal-messages",
    "equal messages are two entries: content is no identity",
    async (one) => {
      const message = { role: "user", content: "ok" };
      await one.append("t", unnamed(message, message), { operationId: "op-1" });
      await one.append("t", unnamed(message), { operationId: "op-2" });
      await one.append("t", [named("a", message), named("b", message)]);
      assert.deepEqual(await valuesOf(one), [message, message, message, message, message]);
      assert.equal(await one.count("t"), 5);
    },
  ),
  historyCase(
    "replay",
    "an append that is retried, as after a lost acknowledgement, writes nothing and gets the first answer, whoever retries",
    async (one, other) => {
      const first = await one.append("t", unnamed("a", "b"), { operationId: "op" });
      assert.equal(first.replayed, false);
      for (const retrying of [one, other])
        assert.deepEqual(await retrying.append("t", unnamed("a", "b"), { operationId: "op" }), {
          ...first,
          replayed: true,
        });
      assert.deepEqual(await valuesOf(other), ["a", "b"]);
    },
  ),
  historyCase(
    "replay-of-another-payload",
    "a retry that was built anew leaves what the first one stored",
    async (one) => {
      const first = await one.append("t", unnamed("a"), { operationId: "op" });
      const retried = await one.append("t", unnamed("other", "more"), { operationId: "op" });
      assert.deepEqual(retried, { ...first, replayed: true });
      assert.deepEqual(await valuesOf(one), ["a"]);
    },
  ),
  historyCase("late-replay", "a retry after other appends moves nothing", async (one) => {
    await one.append("t", unnamed("a"), { operationId: "op-1" });
    await one.append("t", unnamed("b"), { operationId: "op-2" });
    await one.append("t", unnamed("a"), { operationId: "op-1" });
    assert.deepEqual(await valuesOf(one), ["a", "b"]);
  }),
  historyCase("replays-at-once", "retries that run at once write one entry", async (one, other) => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? other : one).append("t", unnamed(index), { operationId: "op" }),
      ),
    );
    assert.equal(new Set(answers.map(({ cursors }) => cursors.join())).size, 1);
    assert.equal(await one.count("t"), 1);
    assert.equal((await one.read("t")).length, 1);
  }),
  historyCase(
    "own-ids",
    "an entry whose own id is there is kept as it is stored, and its place is answered",
    async (one, other) => {
      const first = await one.append("t", [named("a", 1), named("b", 2)]);
      const again = await other.append("t", [named("b", "other"), named("c", 3)]);
      assert.deepEqual(again.ids, ["b", "c"]);
      assert.equal(again.cursors[0], first.cursors[1]);
      assert.deepEqual(
        (await one.read("t")).map(({ id, value }) => [id, value]),
        [
          ["a", 1],
          ["b", 2],
          ["c", 3],
        ],
      );
    },
  ),
  historyCase(
    "needs-identity",
    "an entry that neither itself nor its call names is refused, as are two of one id, and nothing is written",
    async (one) => {
      await refused(
        one.append("t", unnamed("a")),
        "INVALID_ARGUMENT",
        "an entry that nothing names",
      );
      await refused(one.append("t", [named("a"), named("a")]), "INVALID_ARGUMENT", "one id twice");
      await refused(one.append("t", [named("")]), "INVALID_ARGUMENT", "an empty id");
      await refused(one.append("", [named("a")]), "INVALID_ARGUMENT", "an empty thread id");
      await refused(
        one.append("t", unnamed("a"), { operationId: "" }),
        "INVALID_ARGUMENT",
        "an empty operation id",
      );
      assert.deepEqual(await one.read("t"), []);
    },
  ),
  historyCase(
    "all-or-none",
    "a call of which one entry cannot be kept writes none",
    async (one) => {
      await refused(
        one.append("t", [named("a", 1), named("b", valuesOf)]),
        "UNSUPPORTED_VALUE",
        "a function",
      );
      assert.deepEqual(await one.read("t"), []);
      assert.equal(await one.count("t"), 0);
      await one.append("t", [named("a", 2)]);
      assert.deepEqual(await valuesOf(one), [2]);
    },
  ),
  historyCase(
    "concurrent",
    "appends at once are all kept, each call's entries together",
    async (one, other) => {
      await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? other : one).append("t", unnamed(`${index}a`, `${index}b`), {
            operationId: `op-${index}`,
          }),
        ),
      );
      const values = (await valuesOf(one)) as readonly string[];
      assert.equal(values.length, 32);
      for (let index = 0; index < 32; index += 2)
        assert.equal(values[index + 1], values[index]?.replace("a", "b"), "entries of one call");
      assert.equal(new Set(values).size, 32);
      assert.equal(await other.count("t"), 32);
    },
  ),
  historyCase("values", "every kind of value comes back as it was, or is refused", async (one) => {
    for (const { name, make } of valueKinds) {
      const thread = `t-${name}`;
      const kept = await one.append(thread, [named("a", make())]).then(
        () => true,
        () => false,
      );
      const [value] = await valuesOf(one, thread);
      if (kept) assert.deepEqual(portrait(value), portrait(make()), name);
      else assert.equal(await one.count(thread), 0, name);
    }
  }),
  historyCase(
    "copies",
    "changing a value after its append, or one that was read, changes nothing",
    async (one) => {
      const value = { list: [1] };
      await one.append("t", [named("a", value)]);
      value.list.push(2);
      const [read] = (await valuesOf(one)) as [typeof value];
      read.list.push(3);
      assert.deepEqual(await valuesOf(one), [{ list: [1] }]);
    },
  ),
  historyCase("hostile-threads", "threads of any two names are two", async (one) => {
    for (const thread of hostileStrings) await one.append(thread, [named("a", thread)]);
    for (const thread of hostileStrings) assert.deepEqual(await valuesOf(one, thread), [thread]);
  }),
  historyCase("hostile-ids", "entries of any two ids are two", async (one) => {
    const parts = inParts(hostileStrings);
    for (const part of parts)
      await one.append(
        "t",
        part.map((id) => named(id)),
      );
    assert.deepEqual(await valuesOf(one), hostileStrings);
    for (const part of parts) {
      const again = await one.append(
        "t",
        part.map((id) => named(id, "again")),
      );
      assert.deepEqual(again.ids, part);
    }
    assert.deepEqual(await valuesOf(one), hostileStrings);
  }),
  historyCase(
    "ownership",
    "another user's thread is FORBIDDEN to read, to write and to clear",
    async (...[, , subject]) => {
      assert.ok(subject.as, "a history for a user");
      const [ann, bob] = [await subject.as("ann"), await subject.as("bob")];
      await ann.append("t", [named("a", "secret")]);
      const calls: readonly ((history: HistoryStore) => Promise<unknown>)[] = [
        (history) => history.read("t"),
        (history) => history.count("t"),
        (history) => history.append("t", [named("b", "injected")]),
        (history) => history.upsert("t", [named("a", "injected")]),
        (history) => history.clear("t"),
      ];
      for (const call of calls) await refused(call(bob), "FORBIDDEN", String(call));
      assert.deepEqual(await valuesOf(ann), ["secret"]);
    },
  ),
];
