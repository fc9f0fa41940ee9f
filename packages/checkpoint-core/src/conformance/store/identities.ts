import assert from "node:assert/strict";
import type { Store } from "../../store/contract.ts";
import type { ToolCall } from "../../store/messages.ts";
import { refused } from "../history/store.ts";
import { asks, leaseOf, type StoreCase, storeCase } from "./bench.ts";

const operationId = "step 1";

/** Names that are made of others, and names that programs trip over. */
export const storedIdentities: readonly StoreCase[] = [
  storeCase(
    "entries-of-one-operation-id",
    "entries that different verbs write under one operation id are all there",
    async ({ here, there }) => {
      const { history } = here();
      await history.append("t", [{ value: "appended" }], { operationId });
      await here().commit("t", { history: [{ value: "committed" }] }, { operationId });
      const { cursors } = await history.append("t", [{ id: "old", value: "old" }]);
      const [from = ""] = cursors;
      await history.replace("t", { from, to: from }, [{ value: "replaced" }], {
        expected: 1,
        operationId,
      });
      assert.deepEqual(await values(there()), ["appended", "committed", "replaced"]);
      assert.equal(await there().history.count("t"), 3);
    },
  ),
  storeCase(
    "entries-named-alike",
    "an entry that a caller named like the entries of an operation hides none of them",
    async ({ here, there }) => {
      const names = ["x:0", "x/0", "append:x:0", "append/x/0", "commit:x:0", "commit/x/0"];
      await here().history.append(
        "t",
        names.map((id) => ({ id, value: id })),
      );
      await here().history.append("t", [{ value: "appended" }], { operationId: "x" });
      await here().commit("t", { history: [{ value: "committed" }] }, { operationId: "x" });
      assert.deepEqual(await values(there()), [...names, "appended", "committed"]);
    },
  ),
  storeCase(
    "runs-named-alike",
    "the turns of runs whose ids look like each other's paths are all in the history",
    async ({ here, there }) => {
      const store = here();
      const said: string[] = [];
      for (const [runId, turns, callId] of [
        ["a", 1, "2"],
        ["a/1", 2, "2/3"],
        ["a/1/2", 3, "x"],
      ] as const) {
        const lease = leaseOf(await store.runs.begin("t", asks(runId, `of ${runId}`)));
        for (let turn = 1; turn <= turns; turn += 1) {
          const content = `${runId} said ${turn}`;
          const toolCalls = [{ id: callId, name: "tool", input: turn }];
          const message = { role: "assistant", content, toolCalls } as const;
          said.push(content);
          await store.commit(
            "t",
            { answer: { turn, value: { message } } },
            { operationId: content, lease },
          );
        }
        const output = { status: "completed", output: 1 } as const;
        await store.runs.settle(lease, output, { operationId: `end of ${runId}` });
      }
      const messages = (await values(there())) as { role: string; content: string }[];
      const answers = messages.filter(({ role }) => role === "assistant");
      assert.deepEqual(
        answers.map(({ content }) => content),
        said,
      );
      assert.equal(messages.length, 2 * said.length, "answers, and a result for each call");
    },
  ),
  storeCase(
    "long-operation-ids",
    "an operation id as long as ids may be names entries too",
    async ({ here, there }) => {
      const long = { operationId: "x".repeat(4096) };
      const first = await here().history.append("t", [{ value: "a" }, { value: "b" }], long);
      const again = await there().history.append("t", [{ value: "a" }, { value: "b" }], long);
      assert.deepEqual(again, { ...first, replayed: true });
      await here().commit("t", { history: [{ value: "c" }] }, long);
      assert.deepEqual(await values(there()), ["a", "b", "c"]);
    },
  ),
  storeCase(
    "calls-have-names",
    "an answer in which a call has no id or no name is refused, and its run goes on",
    async ({ here, there }) => {
      const store = here();
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
      const right = { id: "c1", name: "tool", input: 1 };
      for (const wrong of [{ id: undefined }, { id: 5 }, { id: "" }, { id: null }, { name: 5 }]) {
        const commit = commitCalls(store, lease, [{ ...right, ...wrong } as unknown as ToolCall]);
        await refused(commit, "INVALID_ARGUMENT", JSON.stringify(wrong));
      }
      await commitCalls(store, lease, [right]);
      const { run } = await there().runs.cancel("r");
      assert.equal(run.status, "cancelled");
      assert.equal(await there().history.count("t"), 2);
    },
  ),
  storeCase(
    "calls-named-like-methods",
    "a call whose id is the name of something that every object has is closed like any other",
    async ({ here, there }) => {
      const store = here();
      const ids = ["c1", "constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"];
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
      const calls = ids.map((id) => ({ id, name: "tool", input: id }));
      await commitCalls(store, lease, calls);
      await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "end" });
      const [, first, ...others] = (await values(there())) as { content: unknown }[];
      assert.equal(typeof first?.content, "string");
      for (const { content } of others) assert.equal(content, first?.content);
      assert.equal(others.length, ids.length - 1);

      const next = leaseOf(await store.runs.begin("u", asks("s", "E2")));
      await commitCalls(store, next, calls);
      const message = { role: "assistant", content: "bye" } as const;
      const unfinished = Object.fromEntries(ids.map((id) => [id, `not ${id}`]));
      await store.commit(
        "u",
        { answer: { turn: 2, value: { message } }, unfinished },
        { operationId: "m2", lease: next },
      );
      const told = (await values(there(), "u")) as { content: unknown }[];
      assert.deepEqual(
        told.slice(1).map(({ content }) => content),
        ids.map((id) => `not ${id}`),
      );
    },
  ),
];

async function values({ history }: Store, thread = "t"): Promise<readonly unknown[]> {
  return (await history.read(thread)).map(({ value }) => value);
}

function commitCalls(
  store: Store,
  lease: ReturnType<typeof leaseOf>,
  toolCalls: readonly ToolCall[],
): ReturnType<Store["commit"]> {
  const message = { role: "assistant", content: "calls", toolCalls } as const;
  const answer = { turn: 1, value: { message } };
  return store.commit(lease.threadId, { answer }, { operationId: "m1", lease });
}
