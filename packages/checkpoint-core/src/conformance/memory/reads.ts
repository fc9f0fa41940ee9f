import assert from "node:assert/strict";
import type { MemoryScope, MemoryStore } from "../../store/memory/contract.ts";
import type { Case } from "../case.ts";
import { refused } from "../history/store.ts";
import { hostileStrings } from "../hostileStrings.ts";
import { idsFound, memoryCase, type MemoryStoreSubject, OF_USER, textsOf } from "./store.ts";

/** Facts, and questions that share words with one of them alone. */
const facts: readonly (readonly [id: string, text: string, query: string])[] = [
  ["english", "The user lives in a small house", "HOUSE"],
  ["german", "Mag Grüße aus der Straße", "grüße"],
  ["folded", "Ihr Name ist Weiß", "WEISS"],
  ["japanese", "東京都に住んでいます。", "東京"],
  ["chinese", "我喜欢喝龙井茶", "龙井"],
  ["korean", "부산에서 일합니다", "부산"],
  ["thai", "ฉันชอบกินมะม่วง", "มะม่วง"],
  ["arabic", "تحب القهوة كثيرا", "القهوة"],
  ["cyrillic", "Любит чай", "ЧАЙ"],
  ["emoji", "On holidays 🏝️ always", "🏝️"],
  ["width", "Ｐｈｏｎｅ ｎｕｍｂｅｒ", "phone"],
];

/** What is read and found. */
export const memoryReads: readonly Case<MemoryStoreSubject>[] = [
  memoryCase(
    "nothing-there",
    "what is not there is undefined, an empty list, and an empty finding",
    async (one) => {
      for (const within of [OF_USER, { kind: "thread", threadId: "t" }] as const) {
        assert.equal(await one.get(within, "a"), undefined);
        assert.deepEqual(await one.list(within), { memories: [] });
        const { memories, searched, complete } = await one.search(within, "a");
        assert.deepEqual(
          { memories, searched, complete },
          { memories: [], searched: 0, complete: true },
        );
        assert.deepEqual(await one.delete(within, ["a"]), { ids: [], replayed: false });
      }
    },
  ),
  memoryCase(
    "pages",
    "pages hold each memory once, the last created first, also while others are written",
    async (one, other) => {
      const ids = Array.from({ length: 7 }, (_, index) => `m${index}`);
      await one.write(
        OF_USER,
        ids.map((id) => ({ id, text: id })),
      );
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 10; page += 1) {
        const answer = await other.list(
          OF_USER,
          cursor === undefined ? { limit: 2 } : { limit: 2, cursor },
        );
        seen.push(...answer.memories.map(({ id }) => id));
        cursor = answer.cursor;
        if (cursor === undefined) break;
        await one.write(OF_USER, [{ id: `late ${page}`, text: "late" }]);
        await one.update(OF_USER, [{ id: "m1", text: `page ${page}` }]);
      }
      assert.deepEqual(seen, ids.toReversed());
    },
  ),
  memoryCase(
    "scopes-apart",
    "memories of the user, of agents and of threads are apart, whatever their names",
    async (one, other) => {
      const scopes: readonly MemoryScope[] = [
        OF_USER,
        ...hostileStrings.flatMap((name): readonly MemoryScope[] => [
          { kind: "agent", agent: name },
          { kind: "thread", threadId: name },
        ]),
      ];
      for (const [index, within] of scopes.entries())
        await one.write(within, [{ id: "a", text: `tea ${index}` }]);
      for (const [index, within] of scopes.entries()) {
        assert.deepEqual(await textsOf(other, within), [`tea ${index}`]);
        assert.equal((await other.search(within, "tea")).searched, 1);
      }
    },
  ),
  memoryCase(
    "users-apart",
    "one user's memories are not there for another, and their threads' are FORBIDDEN",
    async (...[, , subject]) => {
      assert.ok(subject.as, "memories for a user");
      const [ann, bob] = [await subject.as("ann"), await subject.as("bob")];
      for (const within of [OF_USER, { kind: "agent", agent: "x" }] as const) {
        await ann.write(within, [{ id: "a", text: "secret" }]);
        assert.equal(await bob.get(within, "a"), undefined);
        assert.deepEqual(await textsOf(bob, within), []);
        assert.deepEqual(await idsFound(bob, "secret", {}, within), []);
        assert.deepEqual((await bob.delete(within, ["a"])).ids, []);
        assert.deepEqual(await textsOf(ann, within), ["secret"]);
      }
      const thread = { kind: "thread", threadId: "t" } as const;
      await ann.write(thread, [{ id: "a", text: "secret" }]);
      const calls: readonly ((memory: MemoryStore) => Promise<unknown>)[] = [
        (memory) => memory.write(thread, [{ id: "b", text: "injected" }]),
        (memory) => memory.update(thread, [{ id: "a", text: "injected" }]),
        (memory) => memory.delete(thread, ["a"]),
        (memory) => memory.get(thread, "a"),
        (memory) => memory.list(thread),
        (memory) => memory.search([OF_USER, thread], "secret"),
        (memory) => memory.erase(thread),
      ];
      for (const call of calls) {
        const [what, answer] = [String(call), call(bob)];
        if (!subject.raw) await refused(answer, "FORBIDDEN", what);
        const seen = JSON.stringify(await answer.catch(() => undefined)) ?? "";
        assert.ok(!seen.includes("secret"), `${what} showed another user's memories: ${seen}`);
        assert.deepEqual(await textsOf(ann, thread), ["secret"], `after ${what}`);
      }
    },
  ),
  memoryCase(
    "hostile-names",
    "memories of any two ids are two, and texts come back as they were",
    async (one, other) => {
      const ids = hostileStrings.filter((id) => !id.startsWith("~"));
      for (let at = 0; at < ids.length; at += 16)
        await one.write(
          OF_USER,
          ids.slice(at, at + 16).map((id) => ({ id, text: id })),
        );
      for (const id of ids) assert.equal((await other.get(OF_USER, id))?.text, id);
      assert.deepEqual((await textsOf(one)).toReversed(), ids);
      for (const query of hostileStrings) await other.search(OF_USER, query);
    },
  ),
  memoryCase(
    "scripts",
    "a question finds the memory that shares a word with it, in every script",
    async (one, other) => {
      await one.write(
        OF_USER,
        facts.map(([id, text]) => ({ id, text })),
      );
      for (const [id, , query] of facts) {
        const [best] = await idsFound(other, query, { limit: 1 });
        assert.equal(best, id, query);
      }
    },
  ),
  memoryCase(
    "search-follows",
    "a search finds what any process has written, updated or deleted before it",
    async (one, other) => {
      await one.write(OF_USER, [{ id: "a", text: "green tea" }]);
      assert.deepEqual(await idsFound(other, "tea"), ["a"]);
      await one.write(OF_USER, [{ id: "b", text: "tea and tea and tea" }]);
      assert.deepEqual((await idsFound(other, "tea")).toSorted(), ["a", "b"]);
      await one.update(OF_USER, [{ id: "a", text: "black coffee" }]);
      assert.deepEqual(await idsFound(other, "coffee", { limit: 1 }), ["a"]);
      assert.deepEqual(await idsFound(other, "tea", { limit: 1 }), ["b"]);
      await one.delete(OF_USER, ["b"]);
      const { memories, searched } = await other.search(OF_USER, "tea");
      assert.equal(searched, 1);
      const found = memories.map(({ memory }) => memory.id);
      assert.ok(!found.includes("b"), `found ${found.join(", ")}, and b was deleted`);
    },
  ),
  memoryCase(
    "search-options",
    "a search answers at most its limit, only what fits the filter, scores falling and none below the least",
    async (one) => {
      await one.write(
        OF_USER,
        Array.from({ length: 14 }, (_, index) => ({
          id: `m${index}`,
          text: `${"tea ".repeat(index + 1)}and word${index}`,
          metadata: { even: index % 2 === 0, kind: "drink" },
        })),
      );
      assert.equal((await one.search(OF_USER, "tea")).memories.length, 10);
      const { memories, searched } = await one.search(OF_USER, "tea", { limit: 100 });
      assert.deepEqual([memories.length, searched], [14, 14]);
      const scores = memories.map(({ score }) => score);
      assert.deepEqual(
        scores,
        scores.toSorted((first, second) => second - first),
      );
      const even = await idsFound(one, "tea", { limit: 3, filter: { even: true, kind: "drink" } });
      assert.equal(even.length, 3);
      for (const id of even) assert.equal(Number(id.slice(1)) % 2, 0);
      assert.deepEqual(await idsFound(one, "tea", { filter: { toString: "x" } }), []);
      // Scores may tie, all of them too: what is above the least is found, whatever it was.
      const minScore = scores[4] ?? 0;
      const least = await one.search(OF_USER, "tea", { limit: 100, minScore });
      assert.deepEqual(
        least.memories.map(({ score }) => score),
        scores.filter((score) => score >= minScore),
        `of the scores ${scores.join(", ")} not those from ${minScore} on were found`,
      );
      const most = (scores[0] ?? 0) + 1;
      assert.deepEqual(
        (await one.search(OF_USER, "tea", { limit: 100, minScore: most })).memories.map(
          ({ score }) => score,
        ),
        [],
        `scores below ${most} were found`,
      );
    },
  ),
  memoryCase(
    "search-of-several",
    "a search of several scopes says in which each memory stands",
    async (one, other) => {
      const agent = { kind: "agent", agent: "x" } as const;
      const thread = { kind: "thread", threadId: "t" } as const;
      for (const within of [OF_USER, agent, thread])
        await one.write(within, [{ id: "a", text: `tea of the ${within.kind}` }]);
      const { memories, searched } = await other.search([OF_USER, agent], "tea");
      const found = memories.map(({ within, memory }) => `${within.kind}: ${memory.text}`);
      assert.deepEqual(found.toSorted(), ["agent: tea of the agent", "user: tea of the user"]);
      assert.equal(searched, 2);
    },
  ),
  memoryCase(
    "erase",
    "after an erasure nothing is left in the scope, everything elsewhere, and it can be written again",
    async (one, other) => {
      const agent = { kind: "agent", agent: "x" } as const;
      for (const within of [OF_USER, agent])
        await one.write(within, [
          { id: "a", text: "tea" },
          { id: "b", text: "tea" },
        ]);
      await other.search(OF_USER, "tea");
      await one.erase(OF_USER);
      assert.equal(await other.get(OF_USER, "a"), undefined);
      assert.deepEqual(await textsOf(other), []);
      assert.equal((await other.search(OF_USER, "tea")).searched, 0);
      assert.deepEqual(await textsOf(other, agent), ["tea", "tea"]);
      await other.write(OF_USER, [{ id: "b", text: "again" }]);
      assert.deepEqual(await textsOf(one), ["again"]);
      assert.deepEqual(await idsFound(one, "again"), ["b"]);
      assert.equal((await other.search(OF_USER, "tea")).searched, 1);
    },
  ),
  memoryCase("refusals", "what cannot be meant is refused, and nothing is written", async (one) => {
    const wrong: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["no scope", () => one.write({} as MemoryScope, [{ id: "a", text: "a" }])],
      ["no agent", () => one.list({ kind: "agent" } as unknown as MemoryScope)],
      ["an empty thread id", () => one.list({ kind: "thread", threadId: "" })],
      ["no text", () => one.write(OF_USER, [{ id: "a", text: "" }])],
      ["a text that is none", () => one.write(OF_USER, [{ id: "a", text: 5 as never }])],
      [
        "metadata that are none",
        () => one.write(OF_USER, [{ id: "a", text: "a", metadata: [] as never }]),
      ],
      ["an update of nothing", () => one.update(OF_USER, [{ id: "a" }])],
      ["a limit of 0", () => one.list(OF_USER, { limit: 0 })],
      ["half a limit", () => one.search(OF_USER, "a", { limit: 1.5 })],
      ["a cursor that is none", () => one.list(OF_USER, { cursor: "x/y" })],
      ["an empty query", () => one.search(OF_USER, "")],
      ["a filter of objects", () => one.search(OF_USER, "a", { filter: { a: {} as never } })],
      ["no id", () => one.get(OF_USER, "")],
    ];
    for (const [what, call] of wrong) await refused(call(), "INVALID_ARGUMENT", what);
    const long = one.write(OF_USER, [{ id: "a", text: "x".repeat(10_000_000) }]);
    await refused(long, "TOO_LARGE", "a text of 10 MB");
    assert.deepEqual(await textsOf(one), []);
  }),
];
