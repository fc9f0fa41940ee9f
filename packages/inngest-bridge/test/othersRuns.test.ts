import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import {
  createAgentLoop,
  createInngestAgent,
  type InngestAgent,
  type InngestAgentOptions,
  refusalsOf,
} from "../src/index.ts";
import { createTestInngest, type TestInngest } from "../src/testing/index.ts";
import { calls, recorder, turns } from "./bridge/world.ts";

interface Two {
  readonly server: TestInngest;
  readonly store: Store;
  readonly a: InngestAgent;
  readonly b: InngestAgent;
  /** Inputs of the refunds that were made. */
  readonly seen: () => readonly unknown[];
}

/** Two agents of one app, on one store, each with a refund that needs a person. */
async function two(more: Partial<InngestAgentOptions> = {}): Promise<Two> {
  const server = createTestInngest({ retryDelay: () => 15_000 });
  const store = createStore({ backend: memoryBackend() });
  const inngest = server.client({ id: "app" });
  const refund = recorder(() => "ok", { requiresApproval: true });
  const made = (name: string): InngestAgent =>
    createInngestAgent({
      inngest,
      store,
      runEvent: `${name}/run`,
      resumeEvent: `${name}/resume`,
      agent: createAgentLoop({
        name,
        model: turns(calls(["c", "refund", { of: name }]), { text: `${name} is done` }),
        tools: { refund },
      }),
      ...more,
    });
  const [a, b] = [made("a"), made("b")];
  await server.register({ client: inngest, functions: [...a.functions, ...b.functions] });
  return { server, store, a, b, seen: () => refund.seen.map(({ input }) => input) };
}

/** The run r1 of `a` waits for a person, and r2 for its turn. */
async function waiting(more?: Partial<InngestAgentOptions>): Promise<Two> {
  const world = await two(more);
  for (const runId of ["r1", "r2"]) await world.a.start({ threadId: "t", prompt: "x", runId });
  await world.server.advance("1m");
  return world;
}

const ofA = (more = {}): unknown =>
  expect.objectContaining({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining('the agent "a"'),
    ...more,
  });

async function statuses({ store }: Two): Promise<readonly unknown[]> {
  const runs = await Promise.all([store.runs.get("r1"), store.runs.get("r2")]);
  return runs.map((run) => [run?.status, run?.incompatible]);
}

test("a decision through another agent of the app counts, and its own agent goes on with the run", async () => {
  const world = await waiting();
  const { server, b, seen } = world;
  expect(await b.approve({ threadId: "t", callId: "c", runId: "r1" })).toMatchObject({
    counted: true,
  });
  await server.advance("1m");
  expect(await statuses(world)).toEqual([
    ["completed", undefined],
    ["suspended", undefined],
  ]);
  const going = await b.resume("r2", { approved: true });
  await server.advance("1m");
  expect(await going.output.text).toBe("a is done");
  expect(seen()).toEqual([{ of: "a" }, { of: "a" }]);
});

test("what only the run's own agent can look at is refused through another, by its name", async () => {
  const world = await waiting();
  const { b, store, server } = world;
  const at = { threadId: "t", callId: "c", runId: "r1" };
  await expect(b.approve({ ...at, input: { of: "b" } })).rejects.toEqual(ofA());
  const handed = b.resume("r1", { approved: true }, { requestContext: {} });
  await expect(handed).rejects.toEqual(ofA());
  const budgeted = b.resume("r1", { approved: true }, { budget: { maxLlmCalls: 3 } });
  await expect(budgeted).rejects.toEqual(ofA());
  await expect(b.start({ threadId: "t", prompt: "z", runId: "r2" })).rejects.toEqual(ofA());
  await server.advance("1m");
  expect(await store.approvals.pending("t")).toHaveLength(1);
  expect(await statuses(world)).toEqual([
    ["suspended", undefined],
    ["queued", undefined],
  ]);
});

test("an event to another agent changes nothing of a run, whoever sends it", async () => {
  const world = await waiting();
  const { server } = world;
  const bare = { threadId: "t", runId: "r2" };
  await server.send({ name: "b/resume", data: bare });
  await server.send({ name: "b/run", data: { ...bare, prompt: "x" } });
  await server.send({ name: "b/resume", data: { threadId: "t" } });
  await server.advance("1m");
  const failed = server.runs().filter(({ status }) => status === "Failed");
  expect(failed.map(({ error }) => error?.message)).toEqual(
    Array.from({ length: 3 }, () => expect.stringContaining('is one of the agent "a"')),
  );
  expect(await statuses(world)).toEqual([
    ["suspended", undefined],
    ["queued", undefined],
  ]);
});

test("an event's decisions are judged by the run's own agent alone", async () => {
  const world = await waiting({ trustEvents: true });
  const { server, store } = world;
  const data = { threadId: "t", decisions: { c: { decision: "approve" } } };
  await server.send({ name: "b/resume", data });
  await server.advance("1m");
  expect(await store.approvals.pending("t")).toHaveLength(1);
  expect((await refusalsOf(store, "t")).events.map(({ value }) => value)).toEqual([
    expect.objectContaining({ runId: "r1", code: "INVALID_ARGUMENT" }),
  ]);
  await server.send({ name: "a/resume", data });
  await server.advance("1m");
  expect(await statuses(world)).toEqual([
    ["completed", undefined],
    ["suspended", undefined],
  ]);
});

test("a message to another agent is no answer to what a run waits for", async () => {
  const world = await waiting();
  const { server, store, a, b } = world;
  const stream = await b.stream("hello b", {
    threadId: "t",
    runId: "rb",
    autoResumeSuspendedTools: true,
  });
  expect(stream.runId).toBe("rb");
  for (const runId of ["r1", "r2"]) {
    await a.approve({ threadId: "t", callId: "c", runId });
    await server.advance("1m");
  }
  expect(await store.runs.get("rb")).toMatchObject({ status: "suspended" });
  expect(await statuses(world)).toEqual([
    ["completed", undefined],
    ["completed", undefined],
  ]);
});

test("a failed run is retried through another agent by its own", async () => {
  let isBroken = true;
  const server = createTestInngest();
  const store = createStore({ backend: memoryBackend() });
  const inngest = server.client({ id: "app" });
  const made = (name: string): InngestAgent =>
    createInngestAgent({
      inngest,
      store,
      runEvent: `${name}/run`,
      resumeEvent: `${name}/resume`,
      functionOptions: { retries: 0 },
      agent: createAgentLoop({
        name,
        async model() {
          if (isBroken) throw new Error("down");
          return { text: `${name} is done` };
        },
      }),
    });
  const [a, b] = [made("a"), made("b")];
  await server.register({ client: inngest, functions: [...a.functions, ...b.functions] });
  await a.start({ threadId: "t", prompt: "x", runId: "r" });
  await server.advance("1m");
  isBroken = false;
  expect(await b.retry("r")).toMatchObject({ status: "sent" });
  await server.advance("1m");
  expect((await store.runs.get("r"))?.outcome).toMatchObject({
    status: "completed",
    output: { response: "a is done" },
  });
});

test("a run whose agent has got another event in a deploy goes on", async () => {
  const { store, server } = await waiting();
  server.stop("main");
  const deployed = createTestInngest();
  const inngest = deployed.client({ id: "app" });
  const refund = recorder(() => "ok", { requiresApproval: true });
  const agent = createInngestAgent({
    inngest,
    store,
    resumeEvent: "a/goes-on",
    agent: createAgentLoop({
      name: "a",
      model: turns({ text: "" }, { text: "later" }),
      tools: { refund },
    }),
  });
  await deployed.register({ client: inngest, functions: agent.functions });
  await agent.approve({ threadId: "t", callId: "c", runId: "r1" });
  await deployed.advance("1m");
  expect(await store.runs.get("r1")).toMatchObject({ status: "completed" });
});
