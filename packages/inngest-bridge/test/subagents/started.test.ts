import { createStore, type Message, memoryBackend, type Scope } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  type AgentTool,
  createAgentLoop,
  createInngestAgent,
  type DurableAgent,
  type InngestAgent,
  type InngestAgentOptions,
  type ModelRequest,
  runLocally,
  schedule,
  spawn,
} from "../../src/index.ts";
import { createTestInngest, type Fault, faultAt } from "../../src/testing/index.ts";
import { calls, turns } from "../bridge/world.ts";

const about = { description: "Writes reports." };

interface Setting {
  readonly tools: (writer: InngestAgent) => Readonly<Record<string, AgentTool>>;
  readonly input?: unknown;
  readonly fault?: { readonly index: number; readonly fault: Fault };
  readonly checkpointing?: boolean;
  readonly writerOptions?: Partial<InngestAgentOptions>;
  readonly mainOptions?: Partial<InngestAgentOptions>;
}

/** An agent that has another one write, by a tool called `write`. */
async function scene({ tools, input = { prompt: "about tea" }, fault, ...more }: Setting) {
  const { checkpointing = true, writerOptions, mainOptions } = more;
  const store = createStore({ backend: memoryBackend() });
  const server = createTestInngest({
    retryDelay: () => 15_000,
    ...(fault ? { faults: faultAt(fault.index, fault.fault) } : {}),
  });
  const written: ModelRequest[] = [];
  const made: { main?: InngestAgent; writer?: InngestAgent } = {};
  const create = () => {
    const inngest = server.client({ id: "app", checkpointing });
    const writer = createInngestAgent({
      inngest,
      store,
      agent: createAgentLoop({
        name: "writer",
        model: async (request) => {
          written.push(request);
          return { text: "written" };
        },
      }),
      runEvent: "writer/run",
      resumeEvent: "writer/resume",
      upkeep: false,
      ...writerOptions,
    });
    const main = createInngestAgent({
      inngest,
      store,
      agent: createAgentLoop({
        name: "main",
        tools: tools(writer),
        model: turns(calls(["a", "write", input]), { text: "done" }),
      }),
      upkeep: false,
      ...mainOptions,
    });
    Object.assign(made, { main, writer });
    return { client: inngest, functions: [...main.functions, ...writer.functions] };
  };
  await server.register({ create, instance: "one" });
  const main = (): InngestAgent => made.main as InngestAgent;
  const result = async (): Promise<unknown> => {
    const messages = (await store.history.read<Message>("t")).map(({ value }) => value);
    return messages.find(({ role }) => role === "tool");
  };
  return { store, server, written, main, result, create };
}

const start = { threadId: "t", runId: "run", prompt: "go" };

test.each([true, false])("starts a run and does not wait (checkpointing %s)", async (mode) => {
  const { store, server, written, main, result } = await scene({
    checkpointing: mode,
    tools: (writer) => ({ write: spawn(writer, about) }),
  });
  await main().start(start);
  await server.settle({ advance: true });
  const [request] = written;
  expect(await result()).toMatchObject({
    content: { runId: request?.runId, threadId: request?.threadId, status: "recorded" },
  });
  expect(request?.messages).toEqual([{ role: "user", content: "about tea" }]);
  const run = await store.runs.get(request?.runId ?? "");
  expect(run).toMatchObject({ status: "completed", input: { depth: 1 } });
  await main().cancel({ runId: "run" });
  expect(await store.runs.get("run")).toMatchObject({ status: "completed" });
});

test("a cancel does not reach what was started", async () => {
  const { store, server, written, main } = await scene({
    tools: (writer) => ({ write: spawn(writer, about) }),
    mainOptions: {
      onStepFinish: async ({ turn, result }) => {
        if (turn === 1 && "callId" in result) await main().cancel({ runId: "run" });
      },
    },
  });
  await main().start(start);
  await server.settle({ advance: true });
  expect(await store.runs.get("run")).toMatchObject({ status: "cancelled" });
  expect(await store.runs.get(written[0]?.runId ?? "")).toMatchObject({ status: "completed" });
});

test.each(["spawn", "schedule"] as const)(
  "%s starts once, whatever is lost, doubled or stopped",
  async (maker) => {
    const setting: Setting = {
      checkpointing: false,
      input: { prompt: "x", afterSeconds: 3600 },
      tools: (writer) => ({ write: (maker === "spawn" ? spawn : schedule)(writer, about) }),
    };
    const run = async (fault?: NonNullable<Setting["fault"]>) => {
      const { store, server, written, main } = await scene(fault ? { ...setting, fault } : setting);
      await main().start(start);
      await server.settle({ advance: true });
      await server.advance("2h");
      await server.settle({ advance: true });
      const { runs } = await store.runs.list();
      const history = await store.history.count("t");
      return { runs: runs.map(({ status }) => status), history, written, server };
    };
    const plain = await run();
    expect(plain).toMatchObject({ runs: ["completed", "completed"], history: 4 });
    for (let index = 0; index < plain.server.requests.length; index += 2)
      for (const fault of ["lose-response", "double", "stop-after"] as const) {
        const { runs, history, written } = await run({ index, fault });
        expect([index, fault, ...runs, history]).toEqual([
          index,
          fault,
          "completed",
          "completed",
          4,
        ]);
        expect(new Set(written.map(({ runId }) => runId)).size).toBe(1);
      }
  },
  60_000,
);

test("begins at its time, though the app was down in between", async () => {
  const { store, server, written, main, result, create } = await scene({
    input: { prompt: "tomorrow", afterSeconds: 86_400 },
    tools: (writer) => ({ write: schedule(writer, about) }),
  });
  await main().start(start);
  await server.settle();
  const { content } = (await result()) as { readonly content: Readonly<Record<string, string>> };
  const { runId = "", at = "" } = content;
  expect(Math.abs(Date.parse(at) - Date.now() - 86_400_000)).toBeLessThan(60_000);
  expect(await store.runs.get(runId)).toBeUndefined();
  server.stop("one");
  await server.register({ create, instance: "two" });
  await server.advance("23h");
  await server.settle();
  expect(written).toEqual([]);
  await server.advance("2h");
  await server.settle({ advance: true });
  expect(written).toHaveLength(1);
  expect(await store.runs.get(runId)).toMatchObject({ status: "completed", input: { depth: 1 } });
});

test.each<[string, unknown, RegExp]>([
  ["no time", { prompt: "x" }, /either `at` or `afterSeconds`/],
  ["two", { prompt: "x", at: "2099-01-01T00:00:00Z", afterSeconds: 1 }, /either `at`/],
  ["one that has passed", { prompt: "x", at: "2001-01-01T00:00:00Z" }, /has passed/],
  ["none", { prompt: "x", at: "soon" }, /is not one/],
  ["one far ahead", { prompt: "x", afterSeconds: 1e9 }, /over a year/],
  ["no prompt", { afterSeconds: 5 }, /must be a text/],
])("schedules nothing for %s", async (_what, input, said) => {
  const { server, main, result, store } = await scene({
    input,
    tools: (writer) => ({ write: schedule(writer, about) }),
  });
  await main().start(start);
  await server.settle({ advance: true });
  expect(await result()).toMatchObject({ isError: true, content: expect.stringMatching(said) });
  expect((await store.runs.list()).runs).toHaveLength(1);
});

test.each(["spawn", "schedule"] as const)("%s says so where there is no Inngest", async (maker) => {
  const { store } = await scene({ tools: () => ({}) });
  const { writer } = await handles(store);
  const agent = createAgentLoop({
    name: "main",
    tools: { write: (maker === "spawn" ? spawn : schedule)(writer, about) },
    model: turns(calls(["a", "write", { prompt: "x", afterSeconds: 1 }]), { text: "done" }),
  });
  await runLocally(agent, { store, threadId: "t", prompt: "go" });
  const told = (await store.history.read<Message>("t")).map(({ value }) => value)[2];
  expect(told).toMatchObject({ isError: true, content: expect.stringMatching(/needs Inngest/) });
  expect((await store.runs.list()).runs).toHaveLength(1);
});

async function handles(store: ReturnType<typeof createStore>) {
  const inngest = createTestInngest().client({ id: "other" });
  const agent: DurableAgent = {
    name: "writer",
    run: async () => ({ status: "completed", output: "" }),
    resume: async () => ({ status: "completed", output: "" }),
  };
  return { writer: createInngestAgent({ inngest, agent, store }) };
}

const scopeOf = ({ data }: { readonly data: Readonly<Record<string, unknown>> }): Scope => ({
  tenant: String(data["tenant"]),
});

test("what is started is in the scope of the run that starts it, or is not started", async () => {
  for (const [writerOptions, status] of [
    [{ scope: scopeOf }, "recorded"],
    [{}, undefined],
  ] as const) {
    const { store, server, main, written } = await scene({
      tools: (writer) => ({ write: spawn(writer, about) }),
      mainOptions: { scope: scopeOf },
      writerOptions,
    });
    const mine = store.for({ tenant: "a" });
    await main().start({ ...start, scope: { tenant: "a" }, data: { tenant: "a" } });
    await server.settle({ advance: true });
    const told = (await mine.history.read<Message>("t")).map(({ value }) => value)[2];
    if (status === undefined)
      expect(told).toMatchObject({
        isError: true,
        content: expect.stringMatching(/another tenant/),
      });
    else {
      expect(told).toMatchObject({ content: { status } });
      expect(await mine.runs.get(written[0]?.runId ?? "")).toMatchObject({ status: "completed" });
    }
    expect(written).toHaveLength(status === undefined ? 0 : 1);
  }
});

test("runs that start runs end at the depth", async () => {
  const made: { self?: InngestAgent } = {};
  const store = createStore({ backend: memoryBackend() });
  const server = createTestInngest({ retryDelay: () => 1000 });
  const inngest = server.client({ id: "app" });
  const tools: Record<string, AgentTool> = {};
  const agent = createAgentLoop({
    name: "self",
    tools: {
      again: {
        ...about,
        parameters: { type: "object" },
        execute: (input, context) => tools["again"]?.execute(input, context),
      },
    },
    model: turns(calls(["a", "again", { prompt: "more" }]), { text: "done" }),
  });
  made.self = createInngestAgent({ inngest, store, agent });
  tools["again"] = spawn(made.self, { ...about, maxDepth: 2 });
  await server.register({ client: inngest, functions: made.self.functions });
  await made.self.start(start);
  await server.settle({ advance: true });
  expect((await store.runs.list()).runs).toHaveLength(3);
});

test.each([
  [undefined, about],
  ["writer", {}],
  ["writer", { ...about, at: 5 }],
  ["writer", { ...about, threadId: "t" }],
  ["writer", { ...about, unknown: 1 }],
])("refuses what is no agent or no options", async (who, options) => {
  const { writer } = await handles(createStore({ backend: memoryBackend() }));
  const agent = who === undefined ? ({} as InngestAgent) : writer;
  for (const maker of [spawn, schedule])
    expect(() => maker(agent, options as typeof about)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
});
