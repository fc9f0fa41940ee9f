import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  createAgentLoop,
  createInngestAgent,
  type FunctionOptions,
  type InngestAgentOptions,
} from "../src/index.ts";
import { createTestInngest } from "../src/testing/index.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

test("events of yours and times start runs, by what `input` makes of them", async () => {
  const world = await createWorld({
    tools: { work: recorder(() => "ok", { requiresApproval: true }) },
    model: ({ messages, turn, system }) =>
      turn === 1 && messages.at(-1)?.content === "ask"
        ? calls(["c", "work", {}])
        : { text: `${system ?? ""} ${JSON.stringify(messages.at(-1)?.content)}` },
    agent: {
      runEvent: "app/chat.received",
      triggers: [{ event: "app/mail.received" }, { cron: "0 9 * * *" }],
      scope: ({ data }) => (data["org"] === undefined ? {} : { tenant: data["org"] as string }),
      input: ({ name, data }) =>
        name.startsWith("app/")
          ? { threadId: `${name}:${data["from"] as string}`, prompt: data["text"] as string }
          : { threadId: "daily", prompt: "report", instructions: "Daily." },
    },
  });
  const mail = { org: "a", from: "ann", text: "hello" };
  await world.server.send([
    { name: "app/chat.received", data: { from: "bob", text: "hi", threadId: "forged" }, id: "1" },
    { name: "app/mail.received", data: mail, id: "2" },
  ]);
  await world.server.settle({ advance: true });
  expect(await world.store.history.count("app/chat.received:bob")).toBe(2);
  expect(await world.store.threads.get("forged")).toBeUndefined();
  const tenant = world.store.for({ tenant: "a" });
  expect(await tenant.history.count("app/mail.received:ann")).toBe(2);
  await world.server.advance("25h");
  expect(await world.history("daily")).toContainEqual({
    role: "assistant",
    content: 'Daily. "report"',
  });

  // A recorded run is woken, not read by `input`; its suspension and its outcome are the same.
  const scope = { tenant: "a" };
  const data = { org: "a" };
  await world.agent.stream("ask", { threadId: "s", runId: "r", scope, data });
  await world.server.settle({ advance: true });
  const going = await world.agent.resume("r", { approved: true }, { scope });
  await world.server.settle({ advance: true });
  expect((await going.output.ending).status).toBe("completed");
  expect(await tenant.history.count("s")).toBe(4);
});

test("agents with one timetable have runs of their own, on threads of their own and on one", async () => {
  const start = new Date("2026-03-01T08:30Z");
  const server = createTestInngest({ start });
  const shared = createStore({ backend: memoryBackend() });
  const [app, other] = [server.client({ id: "app" }), server.client({ id: "other" })];
  const functionsOf = (inngest: typeof app, name: string) =>
    createInngestAgent({
      inngest,
      store: shared,
      agent: createAgentLoop({ name, model: () => ({ text: `${name} of today` }) }),
      runEvent: `${name}/run`,
      resumeEvent: `${name}/resume`,
      upkeep: false,
      triggers: [{ cron: "0 9 * * *" }],
      input: () => ({ threadId: name === "news" ? "mine" : "common", prompt: `${name}?` }),
    }).functions;
  const ofApp = [...functionsOf(app, "news"), ...functionsOf(app, "weather")];
  await server.register({ client: app, functions: ofApp });
  await server.register({ client: other, functions: functionsOf(other, "sports") });
  await server.advance("1h");
  await server.settle({ advance: true });
  const { runs } = await shared.runs.list();
  expect(runs.map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  const said = async (threadId: string): Promise<readonly unknown[]> =>
    (await shared.history.read<{ readonly content: unknown }>(threadId)).map(
      ({ value }) => value.content,
    );
  expect(await said("mine")).toEqual(["news?", "news of today"]);
  expect(await said("common")).toEqual([
    "weather?",
    "weather of today",
    "sports?",
    "sports of today",
  ]);
  // A rerun is the same run.
  const [first] = server.runs();
  await server.rerun(first?.id ?? "");
  await server.settle({ advance: true });
  expect((await shared.runs.list()).runs).toHaveLength(3);
});

test("an execution that fails before it began leaves its run failed, by the same `input`", async () => {
  const world = await createWorld({
    agent: {
      runEvent: "app/go",
      input: ({ data }) => ({ threadId: "t", prompt: data["q"] as string }),
    },
    model: () => {
      throw new Error("down");
    },
  });
  await world.server.send({ name: "app/go", data: { q: "hi" }, id: "e1" });
  await world.server.settle({ advance: true });
  expect((await world.agent.status({ runId: "run-e1" }))?.run.status).toBe("failed");
});

test.each([
  ["nothing", undefined],
  ["no thread", { prompt: "x" }],
  ["a field that there is not", { threadId: "t", promt: "x" }],
  ["a field that every object has", { threadId: "t", prompt: "x", constructor: "y" }],
  ["an option of a wrong type", { threadId: "t", maxSteps: -1 }],
])("what `input` makes is looked at: %s fails at once", async (_what, made) => {
  const world = await createWorld({ agent: { runEvent: "app/go", input: () => made as never } });
  await world.server.send({ name: "app/go", data: {}, id: "e1" });
  await world.server.settle({ advance: true });
  expect(world.executions().at(-1)?.status).toBe("Failed");
  expect(await world.store.threads.list()).toMatchObject({ threads: [] });
});

const onThread = (): { readonly threadId: string } => ({ threadId: "t" });
const store = createStore({ backend: memoryBackend() });

function create(options: Partial<InngestAgentOptions>): ReturnType<typeof createInngestAgent> {
  const inngest = createTestInngest().client({ id: "app" });
  const agent = createAgentLoop({ name: "support", model: turns({ text: "" }) });
  return createInngestAgent({ inngest, agent, store, ...options });
}

/** Each option of Inngest's function configuration: a new one does not compile until it stands here. */
const everything: Required<Omit<FunctionOptions, "batchEvents">> = {
  description: "An agent.",
  concurrency: [{ limit: 2, key: "event.data.threadId" }],
  idempotency: "event.data.threadId",
  rateLimit: { limit: 1, period: "1m" },
  throttle: { limit: 1, period: "1m", burst: 2 },
  debounce: { period: "1m", timeout: "5m" },
  priority: { run: "120" },
  timeouts: { start: "1m", finish: "1h" },
  singleton: { mode: "skip", key: "event.data.threadId" },
  cancelOn: [{ event: "app/stop" }],
  retries: 7,
  onFailure: () => undefined,
  middleware: [],
  optimizeParallelism: true,
  experimentalCheckpointing: false,
  checkpointing: { bufferedSteps: 1 },
};

test("every option of Inngest's functions passes through, but for what would skip a wake-up", () => {
  const { runFn, resumeFn } = create({ functionOptions: everything });
  const { onFailure: _, middleware: __, ...plain } = everything;
  expect(runFn.opts).toMatchObject(plain);
  const { rateLimit, debounce, idempotency, singleton, ...kept } = plain;
  expect(resumeFn.opts).toMatchObject(kept);
  for (const skipping of Object.keys({ rateLimit, debounce, idempotency, singleton }))
    expect(resumeFn.opts).not.toHaveProperty(skipping);
  expect(create({}).runFn.opts.retries).toBe(3);
});

test("takes one event under two conditions, and crons in time zones", () => {
  const triggers = [
    { event: "a", if: "event.data.a == 1" },
    { event: "a" },
    { cron: "TZ=Europe/Paris 0 9 * * MON-FRI" },
  ];
  const upkeep = { cron: "TZ=Europe/Paris */10 8-18 * * *" };
  expect(create({ triggers, input: onThread, upkeep }).functions).toHaveLength(5);
});

test.each([
  { triggers: [{ cron: "* * * * *" }] },
  { triggers: { cron: "* * * * *" }, input: onThread },
  { triggers: [{ event: "a" }, { event: "a" }], input: onThread },
  { triggers: [{ event: "ziro/agent.run.requested" }], input: onThread },
  { triggers: [{ cron: "* * * * *" }, { cron: "* * * * *" }], input: onThread },
  {
    triggers: Array.from({ length: 10 }, (_, at) => ({ event: `go/${at}` })),
    input: onThread,
  },
  { upkeep: { cron: "@hourly" } },
  { upkeep: { cron: "*/2 * * * * *" } },
  { input: "event" },
  { requestContext: {} },
  { functionOptions: { batchEvents: { maxSize: 2, timeout: "5s" } } },
  { publishers: [{}] },
  { onFinish: "log" },
])("refuses %j", (options) => {
  expect(() => create(options as never)).toThrow(
    expect.objectContaining({ code: "INVALID_ARGUMENT" }),
  );
});
