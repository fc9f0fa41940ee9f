import {
  AgentResult,
  createAgent,
  createNetwork,
  createState,
  createTool,
  type Network,
  type State,
} from "@inngest/agent-kit";
import { expect, test } from "vitest";
import {
  createStore,
  historyConfig,
  type HistoryConfigOptions,
  memoryBackend,
  runAgent,
  type Store,
} from "../src/index.ts";
import { type Reply, type StubModel, stubModel } from "./agentkit/model.ts";

interface Data {
  readonly [key: string]: unknown;
  looked?: string[];
}

/** A desk with two agents: one that may look things up, then one that judges. */
function desk(
  store: Store,
  { model }: StubModel,
  options: Partial<HistoryConfigOptions<AgentResult>> = {},
): Network<Data> {
  const lookup = createTool({
    name: "lookup",
    handler: async (input: unknown, { network }) => {
      const { data } = network.state as State<Data>;
      data.looked = [...(data.looked ?? []), JSON.stringify(input)];
      return { found: input };
    },
  });
  const writer = createAgent<Data>({
    name: "writer",
    system: "You write.",
    model,
    tools: [lookup],
  });
  const critic = createAgent<Data>({ name: "critic", system: "You judge.", model });
  return createNetwork<Data>({
    name: "desk",
    agents: [writer, critic],
    history: historyConfig(store, { AgentResult, ...options }),
    router: ({ callCount }) => [writer, critic][callCount],
  });
}

const on = (threadId: string, data: Data = {}): { state: State<Data> } => ({
  state: createState<Data>(data, { threadId }),
});

async function told(store: Store, threadId: string): Promise<string[]> {
  interface Said {
    readonly by: string;
    readonly agentName?: string;
    readonly content?: string;
    readonly output?: readonly { readonly content?: unknown }[];
  }
  return (await store.history.read<Said>(threadId)).map(({ value }) => {
    const text = value.by === "user" ? value.content : value.output?.[0]?.content;
    return `${value.agentName ?? value.by}: ${typeof text === "string" ? text : "(a call)"}`;
  });
}

const count = (lines: readonly string[], line: string): number =>
  lines.filter((one) => one === line).length;

const echo = (lines: readonly string[]): Reply =>
  lines[0] === "system:You judge." ? "fine" : "draft";

test("a network keeps its conversation, and meets its own message once, in a later process too", async () => {
  await using stub = await stubModel(echo);
  const backend = memoryBackend();
  await desk(createStore({ backend }), stub).run("one", on("user:42"));
  const second = await desk(createStore({ backend }), stub).run("two", on("user:42"));
  const prompt = stub.prompts[2] ?? [];
  expect(count(prompt, "user:two")).toBe(1);
  expect(prompt).toEqual(
    expect.arrayContaining(["user:one", "assistant:draft", "assistant:fine", "user:two"]),
  );
  expect(await told(createStore({ backend }), "user:42")).toEqual([
    "user: one",
    "writer: draft",
    "critic: fine",
    "user: two",
    "writer: draft",
    "critic: fine",
  ]);
  expect(second.state.threadId).toBe("user:42");
});

test("a network without a thread gets one, under which all is found", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const { state } = await desk(store, stub).run("one");
  expect(await told(store, state.threadId ?? "")).toEqual([
    "user: one",
    "writer: draft",
    "critic: fine",
  ]);
});

test.each(["a/b", "ключ", "\ud800", "{x}:*%", "~append/x/0", "x".repeat(4096)])(
  "any name is a thread: %j",
  async (threadId) => {
    await using stub = await stubModel(echo);
    const store = createStore({ backend: memoryBackend() });
    await desk(store, stub).run("one", on(threadId));
    await desk(store, stub).run("two", on(threadId));
    expect(await told(store, threadId)).toHaveLength(6);
  },
);

test("results come back as they were: real ones, of one checksum, with their ids, tool calls and raw text", async () => {
  await using stub = await stubModel((lines) =>
    lines[0] === "system:You write." ? { call: "c1", name: "lookup", input: { order: 7 } } : "fine",
  );
  const store = createStore({ backend: memoryBackend() });
  const { state } = await desk(store, stub, { prompts: true }).run("one", on("t"));
  const history = historyConfig(store, { AgentResult });
  const context = { state: createState({}, { threadId: "t" }), threadId: "t" };
  const [, writer, critic] = await history.get(context);
  const [given, judged] = state.results;
  expect(writer).toBeInstanceOf(AgentResult);
  expect(critic).toEqual(judged);
  expect(critic?.checksum).toBe(judged?.checksum);
  const { id, raw, prompt, createdAt } = given ?? {};
  expect(writer).toMatchObject({ id, raw, prompt, createdAt });
});

test("a tool call keeps its input, which AgentKit leaves out of the result, so that a provider takes it again", async () => {
  await using stub = await stubModel((lines) =>
    lines.length < 3 && lines[0] === "system:You write."
      ? { call: "c1", name: "lookup", input: { order: 7 } }
      : "fine",
  );
  const store = createStore({ backend: memoryBackend() });
  const { state } = await desk(store, stub).run("one", on("t"));
  expect(state.results[0]?.toolCalls[0]?.tool.input).toBeUndefined();
  const history = historyConfig(store, { AgentResult });
  const state2 = createState({}, { threadId: "t" });
  const [, writer] = await history.get({ state: state2, threadId: "t" });
  const tool = { id: "c1", name: "lookup", input: { order: 7 } };
  expect(writer?.toolCalls[0]?.tool).toMatchObject(tool);
  expect(writer?.toolCalls[0]?.content).toEqual({ data: { found: { order: 7 } } });
  const bare = { type: "tool", id: "c9", name: "lookup" };
  const asked = { type: "tool_call", role: "assistant", tools: [bare], stop_reason: "tool" };
  const result = new AgentResult("writer", [asked] as never, [], new Date(0));
  await history.appendResults({ state: state2, threadId: "t", newResults: [result] });
  const last = (await history.get({ state: state2, threadId: "t" })).at(-1);
  expect(last?.output).toEqual([{ ...asked, tools: [{ ...bare, input: {} }] }]);
  expect(bare).not.toHaveProperty("input");
});

test("what agents said before one throws is kept, and a rerun goes on behind it", async () => {
  let isBroken = true;
  await using stub = await stubModel((lines) =>
    lines[0] === "system:You judge." && isBroken ? { status: 400 } : echo(lines),
  );
  const store = createStore({ backend: memoryBackend() });
  await expect(desk(store, stub).run("one", on("t"))).rejects.toThrow();
  expect(await told(store, "t")).toEqual(["user: one", "writer: draft"]);
  isBroken = false;
  await desk(store, stub).run("again", on("t"));
  expect(await told(store, "t")).toEqual([
    "user: one",
    "writer: draft",
    "user: again",
    "writer: draft",
    "critic: fine",
  ]);
});

test("state.data goes on in the next run, also what a run changed that failed later", async () => {
  let isBroken = true;
  await using stub = await stubModel((lines) => {
    if (lines[0] === "system:You judge.") return isBroken ? { status: 400 } : "fine";
    return { call: "c1", name: "lookup", input: { n: lines.length } };
  });
  const store = createStore({ backend: memoryBackend() });
  const given = { user: "ann", since: new Date(0) };
  await expect(desk(store, stub).run("one", on("t", given))).rejects.toThrow();
  isBroken = false;
  const { state } = await desk(store, stub).run("two", on("t"));
  expect(state.data).toEqual({ ...given, looked: ['{"n":2}', expect.any(String)] });
  const merged = await desk(store, stub, {
    data: (saved, now) => ({ user: saved["user"], fresh: now["fresh"] }),
  }).run("three", on("t", { fresh: true, gone: 1 }));
  expect(merged.state.data).toEqual({ user: "ann", fresh: true, looked: [expect.any(String)] });
  const without = await desk(store, stub, { data: false }).run("four", on("t"));
  expect(Object.keys(without.state.data)).toEqual(["looked"]);
});

test("state.data is found behind many checkpoints of others", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  await desk(store, stub).run("one", on("t", { user: "ann" }));
  for (let n = 0; n < 250; n += 1) await store.checkpoints.put("t", { n });
  const { state } = await desk(store, stub).run("two", on("t"));
  expect(state.data).toEqual({ user: "ann" });
});

test("data that cannot be kept fails the run once its results are safe", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const run = desk(store, stub).run("one", on("t", { connect: () => undefined }));
  await expect(run).rejects.toMatchObject({ code: "UNSUPPORTED_VALUE" });
  expect(await told(store, "t")).toEqual(["user: one", "writer: draft"]);
});

test("a client that brings the conversation is given no other, and what is new is kept", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  await desk(store, stub).run("one", on("t", { from: "store" }));
  const message = { type: "text", role: "user", content: "from the client" } as const;
  const state = createState<Data>({ from: "client" }, { threadId: "t", messages: [message] });
  const run = await desk(store, stub).run("two", { state });
  expect(stub.prompts[2]).toContain("user:from the client");
  expect(stub.prompts[2]).not.toContain("user:one");
  expect(run.state.data["from"]).toBe("client");
  expect(await told(store, "t")).toHaveLength(6);
});

test("two runs at once on one thread keep all that was said, each in its order", async () => {
  await using stub = await stubModel(echo);
  const backend = memoryBackend();
  const runs = ["one", "two", "three"].map((input) =>
    desk(createStore({ backend }), stub).run(input, on("t")),
  );
  await Promise.all(runs);
  const lines = await told(createStore({ backend }), "t");
  expect(lines).toHaveLength(9);
  for (const input of ["one", "two", "three"]) expect(count(lines, `user: ${input}`)).toBe(1);
  expect(count(lines, "writer: draft")).toBe(3);
});

test("one state that goes through many runs keeps what is said in each", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const network = desk(store, stub);
  const { state } = on("t");
  for (const input of ["one", "two", "three"]) await network.run(input, { state });
  expect(await told(store, "t")).toEqual(
    ["one", "two", "three"].flatMap((input) => [`user: ${input}`, "writer: draft", "critic: fine"]),
  );
});

test("an agent with a history of its own inside a network that has it too doubles nothing", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const history = historyConfig(store, { AgentResult });
  const writer = createAgent<Data>({
    name: "writer",
    system: "You write.",
    model: stub.model,
    history,
  });
  const network = createNetwork<Data>({
    name: "desk",
    agents: [writer],
    history,
    router: ({ callCount }) => (callCount < 2 ? writer : undefined),
  });
  await network.run("one", on("t"));
  expect(await told(store, "t")).toEqual(["user: one", "writer: draft", "writer: draft"]);
});

test("a limit takes the last entries, without the message in hand", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  await desk(store, stub).run("one", on("t"));
  await desk(store, stub, { limit: 1 }).run("two", on("t"));
  expect(stub.prompts[2]).toEqual(["system:You write.", "user:two", "assistant:fine"]);
  await desk(store, stub, { limit: 0 }).run("three", on("t"));
  expect(stub.prompts[4]).toEqual(["system:You write.", "user:three"]);
});

test("a message that comes twice with its id is kept once", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const message = { id: "m1", content: "one", role: "user" } as const;
  await desk(store, stub).run(message, on("t"));
  await desk(store, stub).run(message, on("t"));
  expect(count(await told(store, "t"), "user: one")).toBe(1);
  expect(count(stub.prompts[2] ?? [], "user:one")).toBe(1);
});

test("an agent alone keeps its conversation with runAgent", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  const agent = createAgent<Data>({ name: "writer", system: "You write.", model: stub.model });
  const history = historyConfig(store, { AgentResult });
  const { state } = on("t");
  await runAgent(agent, "one", { history, state });
  await runAgent(agent, { id: "m2", content: "two" }, { history, ...on("t") });
  await runAgent(agent, "three", { history, state });
  expect(stub.prompts[2]).toContain("user:two");
  expect(await told(store, "t")).toEqual(
    ["one", "two", "three"].flatMap((input) => [`user: ${input}`, "writer: draft"]),
  );
  expect(stub.prompts[1]).toEqual(["system:You write.", "user:two", "user:one", "assistant:draft"]);
});

test("another user's thread is refused before a model is asked", async () => {
  await using stub = await stubModel(echo);
  const store = createStore({ backend: memoryBackend() });
  await desk(store.for({ user: "ann" }), stub).run("secret", on("t"));
  const asked = stub.prompts.length;
  const bob = desk(store.for({ user: "bob" }), stub).run("tell me", on("t"));
  await expect(bob).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(stub.prompts).toHaveLength(asked);
});
