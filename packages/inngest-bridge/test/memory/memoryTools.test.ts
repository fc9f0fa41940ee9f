import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  type AgentTool,
  createAgentLoop,
  memoryTools,
  type MemoryToolsOptions,
  type ModelResponse,
  runLocally,
} from "../../src/index.ts";
import { createTestInngest, type Fault, faultAt } from "../../src/testing/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, turns } from "../bridge/world.ts";
import { remembering, sent, texts, user, withStore } from "./world.ts";

testEverywhere(
  "a model remembers, recalls, changes and forgets",
  async ({ engine, checkpointing }) =>
    withStore(engine, async (store) => {
      const recalled = async (): Promise<Record<string, string>> =>
        Object.fromEntries(
          (await store.memory.list(user)).memories.map(({ id, text }) => [text, id]),
        );
      const { say, server } = await remembering({
        store,
        checkpointing,
        model: async ({ turn, messages }): Promise<ModelResponse> => {
          if (turn === 2) return { text: JSON.stringify(messages.at(-1)) };
          const ids = await recalled();
          const asked = messages.at(-1)?.content;
          if (asked === "remember")
            return calls([
              "c",
              "create_memories",
              { statements: ["likes tea", "lives in Rome", "has a cat"] },
            ]);
          if (asked === "recall")
            return calls(["r", "recall_memories", { queries: ["tea", "Rome"] }]);
          return calls([
            "m",
            "manage_memories",
            {
              creations: [{ statement: "has a dog" }],
              updates: [{ id: ids["likes tea"], statement: "likes green tea" }],
              deletions: [{ id: ids["has a cat"] }],
            },
          ]);
        },
      });
      await say("remember");
      expect(await texts(store)).toEqual(["has a cat", "likes tea", "lives in Rome"]);
      expect(sent(server, "app/memories.create")).toMatchObject([
        { data: { statements: ["likes tea", "lives in Rome", "has a cat"] } },
      ]);
      await say("recall");
      const history = await store.history.read<{ content: unknown; toolName?: string }>("t");
      const found = history.findLast(({ value }) => value.toolName === "recall_memories")?.value;
      const { "likes tea": tea, "lives in Rome": rome } = await recalled();
      expect(found?.content).toEqual({
        memories: [
          { id: tea, statement: "likes tea" },
          { id: rome, statement: "lives in Rome" },
        ],
      });
      await say("manage");
      expect(await texts(store)).toEqual(["has a dog", "likes green tea", "lives in Rome"]);
      expect(server.runs().map(({ status }) => status)).toEqual(
        server.runs().map(() => "Completed"),
      );
      const last = (await store.history.read<{ content: unknown; role: string }>("t")).findLast(
        ({ value }) => value.role === "tool",
      );
      expect(last?.value.content).toBe(
        "I have scheduled the creation of 1, the change of 1, the deletion of 1 memories.",
      );
    }),
);

const faults: readonly Fault[] = [
  "lose-request",
  "lose-response",
  "double",
  "stop-before",
  "stop-during",
  "stop-after",
];

test.each([true, false])(
  "what is lost, doubled or killed on the way is remembered once (checkpointing %s)",
  async (checkpointing) => {
    const model = turns(
      calls(
        ["a", "create_memories", { statements: ["one"] }],
        ["b", "create_memories", { statements: ["two"] }],
      ),
      { text: "done" },
    );
    const store = createStore({ backend: memoryBackend() });
    const plain = await remembering({ store, checkpointing, model });
    await plain.say("go");
    const requests = plain.server.requests.length;
    expect(requests).toBeGreaterThan(2);
    for (let index = 0; index < requests; index += 1)
      for (const fault of faults) {
        const own = createStore({ backend: memoryBackend() });
        const { say, server } = await remembering({
          store: own,
          checkpointing,
          model,
          faults: faultAt(index, fault),
        });
        await say("go");
        expect([fault, index, await texts(own)]).toEqual([fault, index, ["one", "two"]]);
        const ids = sent(server, "app/memories.create").map(({ id }) => id);
        expect(new Set(ids).size).toBe(2);
      }
  },
  120_000,
);

test.each([true, false])(
  "the same event after 25 hours changes nothing (checkpointing %s)",
  async (checkpointing) => {
    const store = createStore({ backend: memoryBackend() });
    const { server } = await remembering({ store, checkpointing, model: turns() });
    const [{ ids }] = [
      await store.memory.write(user, [{ text: "old" }, { text: "gone" }], { operationId: "w" }),
    ];
    const [old = "", gone = ""] = ids;
    const events = [
      { id: "1", name: "app/memories.create", data: { statements: ["new", "newer"] } },
      {
        id: "2",
        name: "app/memories.update",
        data: { updates: [{ id: old, statement: "changed" }] },
      },
      { id: "3", name: "app/memories.delete", data: { deletions: [{ id: gone }] } },
    ];
    await server.send(events);
    await server.settle({ advance: true });
    expect(await texts(store)).toEqual(["changed", "new", "newer"]);
    const now = (await store.memory.list(user)).memories;
    const newest = now.find(({ text }) => text === "newer");
    await store.memory.delete(user, [newest?.id ?? ""]);
    await store.memory.update(user, [{ id: old, text: "changed again" }]);
    const before = (await store.memory.list(user)).memories;
    await server.advance("25h");
    const runs = server.runs().length;
    await server.send(events);
    await server.settle({ advance: true });
    expect(server.runs()).toHaveLength(runs + 3);
    expect((await store.memory.list(user)).memories).toEqual(before);
  },
);

test("takes in more statements than a store writes at once", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { server } = await remembering({ store, model: turns() });
  const statements = Array.from({ length: 40 }, (_, at) => `fact ${at}`);
  await server.send({ name: "app/memories.create", data: { statements } });
  await server.settle({ advance: true });
  expect(await texts(store)).toEqual(statements.toSorted());
});

test("a run without Inngest is told that nothing was scheduled", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { tools } = memoryTools({ inngest: createTestInngest().client({ id: "app" }), store });
  const model = turns(calls(["c", "create_memories", { statements: ["x"] }]), { text: "ok" });
  const report = await runLocally(createAgentLoop({ name: "a", model, tools }), {
    store,
    threadId: "t",
    prompt: "go",
  });
  expect(report).toMatchObject({ status: "completed" });
  const [, , told] = (await store.history.read<object>("t")).map(({ value }) => value);
  expect(told).toMatchObject({ isError: true, content: expect.stringMatching(/nothing was done/) });
  const create = tools.create_memories as unknown as AgentTool<object>;
  await expect(
    create.execute({ statements: ["x"] }, { idempotencyKey: "k", callId: "c" } as never),
  ).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(/nothing was scheduled/),
  });
  expect(await texts(store)).toEqual([]);
});

test("what belongs to one user is never another's, and the event says whose by the run's own fields", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { say } = await remembering({
    store,
    scope: ({ data }) => ({ user: String(data["userId"]) }),
    model: turns(calls(["c", "create_memories", { statements: ["secret of ann"] }]), {
      text: "ok",
    }),
  });
  await say("go", { userId: "ann" });
  expect(await texts(store.for({ user: "ann" }))).toEqual(["secret of ann"]);
  expect(await texts(store.for({ user: "bob" }))).toEqual([]);
  expect(await texts(store)).toEqual([]);
});

test("memories of a thread that was deleted meanwhile are not those of its next life", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { say, server } = await remembering({
    store,
    within: { kind: "thread" },
    model: turns(calls(["c", "create_memories", { statements: ["of the old life"] }]), {
      text: "ok",
    }),
  });
  await say("go");
  const thread = { kind: "thread", threadId: "t" } as const;
  expect(await texts(store, thread)).toEqual(["of the old life"]);
  const [event] = sent(server, "app/memories.create");
  await store.threads.delete("t", { memory: true });
  await server.send({ id: "late", name: "app/memories.create", data: event?.data ?? {} });
  await server.settle({ advance: true });
  expect(server.runs().at(-1)?.output).toEqual({ status: "ended", reason: "deleted" });
  await store.threads.create("t");
  await server.send({ id: "later", name: "app/memories.create", data: event?.data ?? {} });
  await server.settle({ advance: true });
  expect(server.runs().at(-1)?.output).toEqual({ status: "ended", reason: "deleted" });
  expect(await texts(store, thread)).toEqual([]);
});

test("an update of a memory that is under way waits for it; one that never comes fails, and the others are changed", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { server } = await remembering({ store, model: turns() });
  await store.memory.write(user, [{ id: "here", text: "here" }]);
  const updates = [
    { id: "here", statement: "changed" },
    { id: "soon", statement: "changed too" },
    { id: "never", statement: "?" },
  ];
  await server.send({ name: "app/memories.update", data: { updates } });
  await server.settle();
  await store.memory.write(user, [{ id: "soon", text: "soon" }]);
  await server.settle({ advance: true });
  expect(await texts(store)).toEqual(["changed", "changed too"]);
  // A round of the upkeep may have come behind it.
  const updated = server.runs().filter(({ functionId }) => !functionId.endsWith(":upkeep"));
  expect(updated.at(-1)).toMatchObject({ status: "Failed" });
});

test("any store of memories may stand behind the tools", async () => {
  const store = createStore({ backend: memoryBackend() });
  const other = createStore({ backend: memoryBackend() });
  const { say } = await remembering({
    store,
    within: { kind: "agent", agent: "support" },
    memory: () => other.memory,
    model: turns(calls(["c", "create_memories", { statements: ["elsewhere"] }]), { text: "ok" }),
  });
  await say("go");
  expect(await texts(other, { kind: "agent", agent: "support" })).toEqual(["elsewhere"]);
  expect(await texts(store, { kind: "agent", agent: "support" })).toEqual([]);
});

test.each([
  ["create_memories", { statements: [] }],
  ["create_memories", { statements: Array.from({ length: 33 }, () => "x") }],
  ["create_memories", { statements: ["x".repeat(16_385)] }],
  ["create_memories", { statements: Array.from({ length: 9 }, () => "é".repeat(8_000)) }],
  ["create_memories", { statements: [3] }],
  ["update_memories", { updates: [{ id: "a" }] }],
  ["delete_memories", { deletions: ["a"] }],
  ["manage_memories", {}],
  ["recall_memories", { queries: [""] }],
])("the model is told what is wrong with its input to %s", async (tool, input) => {
  const store = createStore({ backend: memoryBackend() });
  const { say, server } = await remembering({
    store,
    model: turns(calls(["c", tool, input]), { text: "ok" }),
  });
  await say("go");
  const [, , told] = (await store.history.read<object>("t")).map(({ value }) => value);
  expect(told).toMatchObject({ isError: true, content: expect.stringMatching(/not valid/) });
  expect(server.events().filter(({ name }) => name.startsWith("app/"))).toEqual([]);
});

test.each([
  [{ store: undefined }, /store/],
  [{ within: { kind: "agent" } }, /within/],
  [{ recallLimit: 0 }, /recallLimit/],
  [{ memry: true }, /memry/],
])("refuses %j", (wrong, message) => {
  const inngest = createTestInngest().client({ id: "app" });
  const options = { inngest, store: createStore({ backend: memoryBackend() }), ...wrong };
  expect(() => memoryTools(options as MemoryToolsOptions)).toThrow(message);
});
