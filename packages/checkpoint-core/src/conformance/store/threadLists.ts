import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { ThreadRange } from "../../store/threads/contract.ts";
import { refused } from "../history/store.ts";
import { type StoreCase, storeCase, THEN } from "./bench.ts";

const ann = { user: "ann" };
const bob = { user: "bob" };
const MINUTE = 60_000;

/** Lists of threads, and what is said of one. */
export const storedLists: readonly StoreCase[] = [
  storeCase(
    "list-ties",
    "pages of threads that were all made in one millisecond hold each of them once",
    async ({ here, there }) => {
      const ids = Array.from({ length: 150 }, (_, index) => `t${index}`);
      for (const [index, id] of ids.entries())
        await (index % 2 ? here : there)({ scope: ann }).threads.create(id);
      for (const limit of [7, 50, 200])
        for (const scope of [ann, {}]) {
          const listed = await idsOf(here({ scope }), { limit });
          assert.deepEqual(listed.toSorted(), ids.toSorted(), `pages of ${limit}`);
        }
    },
  ),
  storeCase(
    "list-newest-first",
    "what was written to last is listed first, whether history or a checkpoint",
    async ({ here, there }) => {
      for (const [index, id] of ["a", "b", "c", "d"].entries())
        await here({ at: THEN + index }).threads.create(id);
      const later = here({ at: THEN + 2 * MINUTE });
      await later.history.append("b", [{ id: "e", value: "hello" }]);
      const last = there({ at: THEN + 4 * MINUTE });
      await last.checkpoints.put("a", { n: 1 });
      assert.deepEqual(await idsOf(last), ["a", "b", "d", "c"]);
      assert.deepEqual(await idsOf(last, { limit: 1 }), ["a", "b", "d", "c"]);
      const { threads } = await last.threads.list({ limit: 2 });
      const [first, second] = threads;
      assert.deepEqual(first?.lastActivityAt, new Date(THEN + 4 * MINUTE));
      assert.deepEqual(second?.lastActivityAt, new Date(THEN + 2 * MINUTE));
      assert.deepEqual(
        threads.map(({ messageCount }) => messageCount),
        [0, 1],
      );
    },
  ),
  storeCase(
    "list-exact-in-a-page",
    "a page is in the order of the last activity, also of what was written within one minute",
    async ({ here }) => {
      for (const id of ["a", "b", "c"]) await here().threads.create(id);
      await here({ at: THEN + 3 }).history.append("a", [{ id: "e", value: 1 }]);
      await here({ at: THEN + 2 }).history.append("c", [{ id: "e", value: 1 }]);
      await here({ at: THEN + 1 }).history.append("b", [{ id: "e", value: 1 }]);
      assert.deepEqual(await idsOf(here({ at: THEN + 4 })), ["a", "c", "b"]);
    },
  ),
  storeCase(
    "list-of-a-user",
    "a user's list shows the user's threads alone, a tenant's those of all of its users and of none",
    async ({ here, there }) => {
      await here({ scope: ann }).threads.create("hers");
      await here({ scope: bob }).threads.create("his");
      await here().threads.create("nobody's");
      await here({ scope: { tenant: "other", user: "ann" } }).threads.create("elsewhere");
      assert.deepEqual(await idsOf(there({ scope: ann })), ["hers"]);
      assert.deepEqual(await idsOf(there({ scope: bob })), ["his"]);
      assert.deepEqual((await idsOf(there())).toSorted(), ["hers", "his", "nobody's"]);
      assert.deepEqual(await idsOf(there({ scope: { tenant: "other" } })), ["elsewhere"]);
      assert.deepEqual(await idsOf(there({ scope: { user: "*" } })), []);
    },
  ),
  storeCase(
    "list-of-rivals",
    "of two users who create one thread at once only the one who has it sees it listed",
    async ({ here, there }) => {
      for (let round = 0; round < 8; round += 1) {
        const id = `t${round}`;
        await Promise.allSettled([
          here({ scope: ann }).threads.create(id),
          there({ scope: bob }).threads.create(id),
        ]);
        const thread = await here().threads.get(id);
        const [hers, his] = [await idsOf(here({ scope: ann })), await idsOf(here({ scope: bob }))];
        assert.equal(hers.includes(id), thread?.owner === "ann");
        assert.equal(his.includes(id), thread?.owner === "bob");
      }
      assert.equal((await idsOf(here())).length, 8);
    },
  ),
  storeCase(
    "list-refusals",
    "a page of no threads or too many, and a cursor that is none, are refused",
    async ({ here }) => {
      await here().threads.create("t");
      for (const range of [
        { limit: 0 },
        { limit: 1.5 },
        { limit: 201 },
        { cursor: "x" },
        { cursor: "" },
      ])
        await refused(here().threads.list(range), "INVALID_ARGUMENT", JSON.stringify(range));
      const wrong = { cursor: 5 } as unknown as ThreadRange;
      await refused(here().threads.list(wrong), "INVALID_ARGUMENT", "a number");
    },
  ),
  storeCase(
    "thread-bounds",
    "a title over 4,096 units and metadata over 64 KiB are refused by name, and change nothing; shorter ones are kept whole",
    async ({ here, there }) => {
      const { threads } = here({ scope: ann });
      const long = { title: "\u00e9".repeat(4096), metadata: { text: "\u00e9".repeat(32_000) } };
      const longer = [{ title: `${long.title}x` }, { metadata: { text: "\u00e9".repeat(33_000) } }];
      for (const options of longer)
        await refused(threads.create("t", options), "TOO_LARGE", "a new thread");
      assert.equal(await there({ scope: ann }).threads.get("t"), undefined);
      const first = await threads.create("t", long);
      assert.deepEqual({ title: first.title, metadata: first.metadata }, long);
      for (const options of longer)
        await refused(threads.update("t", options), "TOO_LARGE", "an update");
      assert.deepEqual(await there({ scope: ann }).threads.get("t"), first);
      await threads.delete("t");
      for (const options of longer)
        await refused(threads.create("t", options), "TOO_LARGE", "another life");
      assert.equal(await there({ scope: ann }).threads.get("t"), undefined);
    },
  ),
  storeCase(
    "update-keeps-the-life",
    "an update changes what it names and nothing else, and what runs hold of the thread stays good",
    async ({ here, there }) => {
      const first = await here({ scope: ann }).threads.create("t", {
        title: "a",
        metadata: { a: 1 },
      });
      const hers = there({ scope: ann, at: THEN + MINUTE }).threads;
      assert.deepEqual(await hers.update("t", { title: "b" }), { ...first, title: "b" });
      assert.deepEqual(await hers.update("t", { metadata: { b: 2 } }), {
        ...first,
        title: "b",
        metadata: { b: 2 },
      });
      const { title: _, metadata: __, ...bare } = first;
      assert.deepEqual(await hers.update("t", { title: null, metadata: null }), bare);
      assert.deepEqual(await here({ scope: ann }).threads.get("t"), bare);
    },
  ),
  storeCase(
    "update-once",
    "an update that is tried again undoes no later one",
    async ({ here, there }) => {
      const { threads } = here();
      await threads.create("t");
      const first = await threads.update("t", { title: "first" }, { operationId: "op" });
      await threads.update("t", { title: "second" });
      assert.deepEqual(
        await there().threads.update("t", { title: "?" }, { operationId: "op" }),
        first,
      );
      assert.equal((await threads.get("t"))?.title, "second");
    },
  ),
  storeCase(
    "update-refusals",
    "an update of another's thread, of none, or with what is no text or object is refused",
    async ({ here }) => {
      await here({ scope: ann }).threads.create("t", { title: "a" });
      const { threads } = here({ scope: ann });
      await refused(
        here({ scope: bob }).threads.update("t", { title: "b" }),
        "FORBIDDEN",
        "another's",
      );
      await refused(threads.update("none", { title: "b" }), "NOT_FOUND", "none");
      for (const update of [{ title: 5 }, { metadata: [] }, { metadata: "x" }])
        await refused(
          threads.update("t", update as unknown as { title: string }),
          "INVALID_ARGUMENT",
          JSON.stringify(update),
        );
      assert.equal((await threads.get("t"))?.title, "a");
      assert.equal(await threads.get("none"), undefined);
    },
  ),
];

/** The ids of a list, page by page. */
async function idsOf({ threads }: Store, range: ThreadRange = {}): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let next: ThreadRange | undefined = range; next; ) {
    const page: Awaited<ReturnType<typeof threads.list>> = await threads.list(next);
    ids.push(...page.threads.map(({ id }) => id));
    next = page.cursor === undefined ? undefined : { ...range, cursor: page.cursor };
  }
  return ids;
}
