import { expect, test } from "vitest";
import type { DurableAgent } from "../src/index.ts";
import type { Fault, FaultPlan, Message } from "../src/testing/index.ts";
import { testEverywhere } from "./bridge/everywhere.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "./bridge/world.ts";

interface LongRun {
  readonly world: World;
  /** Inputs of the tool's calls, in order. */
  readonly done: () => readonly unknown[];
}

/** A run of so many turns with a call each, where an execution may have few steps. */
async function longRun(
  many: number,
  { steps, ...where }: WorldOptions & { readonly steps: number },
): Promise<LongRun> {
  const work = recorder((input) => input);
  const world = await createWorld({
    ...where,
    tools: { work },
    loop: { maxIterations: many + 1 },
    model: ({ turn }) => (turn <= many ? calls([`c${turn}`, "work", { turn }]) : { text: "done" }),
    server: { limits: { steps }, retryDelay: () => 15_000, ...where.server },
    agent: { continueAt: { steps: Math.max(10, steps - 8) }, ...where.agent },
  });
  // One that is stopped is started again.
  await world.server.register({
    create: () => ({ client: world.inngest, functions: world.agent.functions }),
  });
  return { world, done: () => work.seen.map(({ input }) => input) };
}

async function expectWhole(world: World, many: number): Promise<void> {
  expect((await world.agent.status({ runId: "r" }))?.run).toMatchObject({
    status: "completed",
    outcome: { output: { response: "done", iterations: many + 1 } },
  });
  expect(await world.history()).toEqual([
    { role: "user", content: "go" },
    ...Array.from({ length: many }, (_, at) => turnOf(at + 1)).flat(),
    { role: "assistant", content: "done" },
  ]);
}

function turnOf(turn: number): readonly unknown[] {
  const toolCalls = [{ id: `c${turn}`, name: "work", input: { turn } }];
  return [
    { role: "assistant", content: "", toolCalls },
    { role: "tool", toolCallId: `c${turn}`, toolName: "work", content: { turn } },
  ];
}

function statuses(world: World): readonly unknown[] {
  return world.executions().map(({ output }) => (output as { readonly status?: unknown }).status);
}

const go = { threadId: "t", runId: "r", prompt: "go" };

testEverywhere("a run beyond the limit of steps goes on over several executions", async (where) => {
  const { world, done } = await longRun(20, { ...where, steps: 24 });
  await world.send(go);
  await expectWhole(world, 20);
  expect(world.asked.map(({ turn }) => turn)).toEqual(
    Array.from({ length: 21 }, (_, at) => at + 1),
  );
  expect(done()).toEqual(Array.from({ length: 20 }, (_, at) => ({ turn: at + 1 })));
  expect(statuses(world)).toEqual(["continued", "continued", "continued", "completed"]);
  for (const { steps } of world.executions()) expect(steps.length).toBeLessThan(24);
});

const faults: readonly Fault[] = [
  "lose-request",
  "lose-response",
  "double",
  "stop-before",
  "stop-during",
  "stop-after",
];

/** A run of three turns that goes on in a second execution, under a fault. */
async function brokenRun(checkpointing: boolean, plan: FaultPlan): Promise<LongRun> {
  const server = { faults: { call: plan, checkpoint: plan, events: plan } };
  const run = await longRun(3, { checkpointing, steps: 12, server });
  await run.world.send(go);
  return run;
}

/** Whether a message is about the change from one execution to the next: the last calls of the one and the first of the other, what is sent of those steps, and the wake-up. */
function isOfChange({ kind, steps }: Message): boolean {
  if (kind === "events") return true;
  if (kind === "checkpoint") return steps.some((step) => step === "continue" || step === "claim");
  return steps.length <= 1 || steps.filter((step) => step === "think").length > 2;
}

test.each([true, false])(
  "whatever is lost, doubled or cut off at the change, nothing but what was in flight is repeated (checkpointing %s)",
  async (checkpointing) => {
    const messages: Message[] = [];
    const whole = await brokenRun(checkpointing, (message) => {
      if (isOfChange(message)) messages.push(message);
      return undefined;
    });
    expect(statuses(whole.world)).toEqual(["continued", "completed"]);
    const broken = messages.flatMap(({ kind, index }) =>
      faults
        .filter((fault) => kind === "call" || fault !== "double")
        .map((fault) => ({ kind, index, fault })),
    );
    for (const { kind, index, fault } of broken) {
      const { world, done } = await brokenRun(checkpointing, (message) =>
        message.kind === kind && message.index === index ? fault : undefined,
      );
      await expectWhole(world, 3);
      // With a call that is delivered twice at once, both deliveries work until they meet in the store.
      const again = fault === "double" ? 4 : 1;
      expect([
        kind,
        index,
        fault,
        world.asked.length <= 4 + again,
        done().length <= 3 + again,
      ]).toEqual([kind, index, fault, true, true]);
    }
  },
);

test("a wake-up that is sent twice starts one execution, and one that is doubled by hand finds nothing to do", async () => {
  const { world, done } = await longRun(5, { steps: 12 });
  await world.send(go);
  const wake = world.server.events().find(({ name }) => name === "ziro/agent.resume.requested");
  expect(wake?.id).toMatch(/^perdure:wake:/);
  await world.resume({ ...wake?.data }, wake?.id);
  expect(world.executions()).toHaveLength(2);
  await world.resume({ ...wake?.data }, "another");
  expect(statuses(world)).toEqual(["continued", "completed", "ended"]);
  await expectWhole(world, 5);
  expect(done()).toHaveLength(5);
});

test("two wake-ups at once: one goes on, the other finds it busy or ended", async () => {
  const { world, done } = await longRun(5, {
    steps: 12,
    server: { inFlight: { total: 4, perRun: 1 } },
  });
  const original = world.server.events();
  expect(original).toEqual([]);
  await world.server.send({ name: "ziro/agent.run.requested", data: go });
  const double = { name: "ziro/agent.resume.requested", data: { threadId: "t", runId: "r" } };
  await world.server.send([double, double, double]);
  await world.server.settle({ advance: true });
  await expectWhole(world, 5);
  expect(done()).toHaveLength(5);
});

test("a lost wake-up is made good by the next one that anybody sends", async () => {
  const { world, done } = await longRun(3, { steps: 12 });
  // The execution's own attempts end with its wake-up unsent: what has failed behind the end of a step is told to the failure handler, which wakes.
  let lost = 0;
  const send = world.inngest.send.bind(world.inngest);
  Object.assign(world.inngest, {
    send: async (...sent: Parameters<typeof send>) => {
      if (lost < 4) {
        lost += 1;
        throw new Error("Inngest is away.");
      }
      return send(...sent);
    },
  });
  await world.server.send({ name: "ziro/agent.run.requested", data: go });
  await world.server.settle({ advance: true });
  expect(lost).toBe(4);
  expect(world.executions()[0]?.status).toBe("Failed");
  await expectWhole(world, 3);
  expect(done()).toHaveLength(3);
});

test("a turn of many calls is begun in an execution that has room for it", async () => {
  const work = recorder((input) => input);
  const many = Array.from({ length: 12 }, (_, at) => [`c${at}`, "work", { at }] as const);
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["a", "work", {}]), calls(...many), { text: "done" }),
    server: { limits: { steps: 24 } },
    agent: { continueAt: { steps: 20 } },
  });
  await world.send(go);
  expect(statuses(world)).toEqual(["continued", "completed"]);
  expect(world.executions().map(({ steps }) => steps.length)).toEqual([5, 14]);
  expect(work.seen).toHaveLength(13);
});

test("a run beyond the limit of state goes on over several executions", async () => {
  const world = await createWorld({
    tools: { work: recorder(() => "ok") },
    loop: { maxIterations: 30 },
    // What a turn leaves in an execution are the names of its calls, so they are long here.
    model: ({ turn }) =>
      turn <= 20 ? calls([`c${turn}${"-".repeat(800)}`, "work", {}]) : { text: "done" },
    server: { limits: { stateBytes: 16_000 } },
    agent: { continueAt: { stateBytes: 12_000 } },
  });
  await world.send(go);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(world.executions().length).toBeGreaterThan(2);
});

test("an agent of another framework asks, and is never sent round before it has stored something", async () => {
  const heard: boolean[] = [];
  const agent: DurableAgent = {
    name: "support",
    async run(_input, context) {
      heard.push(context.nearsLimit(50));
      await context.step({ id: "plain" }, async () => undefined);
      heard.push(context.nearsLimit(50));
      await context.step({ id: "kept" }, async (held) => {
        const message = { role: "assistant", content: "a" } as const;
        await held.commit({ answer: { turn: 1, value: { message } } });
      });
      heard.push(context.nearsLimit(1), context.nearsLimit(50));
      return { status: "continued", state: { at: 1 }, turn: 1 };
    },
    async resume(state) {
      if (heard.length > 4) return { status: "completed", output: state };
      heard.push(true);
      return { status: "continued", state, turn: 1 };
    },
  };
  const world = await createWorld({ agent: { agent, continueAt: { steps: 20 } } });
  await world.send(go);
  expect(heard).toEqual([false, false, false, true, true]);
  expect(world.executions().map(({ status }) => status)).toEqual(["Completed", "Failed"]);
  expect((await world.agent.status({ runId: "r" }))?.run.outcome).toMatchObject({
    error: { message: expect.stringMatching(/has stored no answer and no result/) },
  });
});

test("nobody who listens hears of it, and nobody is asked", async () => {
  const told: string[] = [];
  const { world } = await longRun(5, {
    steps: 12,
    agent: { onSuspended: () => told.push("suspended"), onFinish: () => told.push("finished") },
  });
  const { runId, output } = await world.agent.stream("go", { threadId: "t", runId: "r" });
  await world.server.settle({ advance: true });
  expect(runId).toBe("r");
  expect(await output.ending).toMatchObject({ status: "completed", text: "done" });
  expect(told).toEqual(["finished"]);
});

test.each([
  { steps: 9 },
  { steps: 1000 },
  { steps: 20.5 },
  { stateBytes: 100 },
  { stateBytes: 64 * 1024 * 1024 },
  { step: 20 },
  null,
])("refuses continueAt %j", async (continueAt) => {
  const made = createWorld({ agent: { continueAt: continueAt as never } });
  await expect(made).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
