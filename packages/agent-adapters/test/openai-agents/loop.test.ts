import { Agent, RunState, run, tool } from "@openai/agents";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  durableModel,
  durableTool,
  openAIAgent,
  type OpenAIPosition,
} from "../../src/openai-agents/index.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

const price = (): number => 0.5;
const order = z.object({ order: z.string() });
const named = { description: "Does it.", parameters: order } as const;

test("a durable tool is tried again before the model hears of its failure, and then in the tool's own words", async () => {
  const { model, asked } = stub([
    [call("c1", "flaky", { order: "7" }), call("c2", "broken", { order: "7" })],
    ({ input }) => [text(JSON.stringify(input.slice(-2)))],
  ]);
  const tries = { flaky: 0, broken: 0 };
  const flaky = tool(
    durableTool({
      ...named,
      name: "flaky",
      async execute() {
        tries.flaky += 1;
        if (tries.flaky < 3) throw new Error("not yet");
        return "at last";
      },
    }),
  );
  const broken = tool(
    durableTool({
      ...named,
      name: "broken",
      errorFunction: (_context: unknown, error: unknown) => `Sorry: ${(error as Error).message}`,
      async execute() {
        tries.broken += 1;
        throw new Error("out of order");
      },
    }),
  );
  const world = await createWorld({
    agent: openAIAgent(new Agent({ name: "a", model, tools: [flaky, broken] })),
  });
  const runId = await world.run("Go");
  const { run: ended } = await world.status(runId);
  const told = JSON.stringify(ended.outcome);
  expect(told).toContain("at last");
  expect(told).toContain("Sorry: out of order");
  expect(tries).toEqual({ flaky: 3, broken: 4 });
  expect(asked).toHaveLength(2);
});

test("three agents hand over to each other, and all of them are counted", async () => {
  const script = [
    [call("h1", "transfer_to_triage", {})],
    [call("h2", "transfer_to_support", {})],
    [text("Solved.")],
  ];
  const { model, asked } = stub(script);
  const support = new Agent({ name: "support", model });
  const triage = new Agent({ name: "triage", model, handoffs: [support] });
  const sales = new Agent({ name: "sales", model, handoffs: [triage] });
  const world = await createWorld({ agent: openAIAgent(sales, { price }) });
  const runId = await world.run("Help");
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: {
      response: "Solved.",
      stats: {
        agentsInvolved: ["sales", "support", "triage"],
        agentCount: 3,
        startingAgent: "sales",
        finalAgent: "support",
        totalToolCalls: 0,
        totalItems: 5,
        totalTokens: 330,
      },
    },
  });
  expect(asked).toHaveLength(3);
  await world.run("And again");
  const last = asked.at(3)?.input;
  expect(Array.isArray(last) ? last.map(({ type = "message" }) => type) : last).toEqual([
    "message",
    "function_call",
    "function_call_result",
    "function_call",
    "function_call_result",
    "message",
    "message",
  ]);
});

test("an agent inside of a call asks a person, and nothing that it did is done again", async () => {
  const inner = stub([[call("n1", "charge", { order: "7" })], [text("charged")]]);
  const outer = stub([
    [call("c1", "billing", { input: "Charge 7" }), call("c2", "note", { order: "7" })],
    [text("All done.")],
  ]);
  const effects: string[] = [];
  const charge = tool(
    durableTool({
      ...named,
      name: "charge",
      needsApproval: true,
      execute: async ({ order: which }: { order: string }) => {
        effects.push(`charge ${which}`);
        return "ok";
      },
    }),
  );
  const note = tool({ ...named, name: "note", execute: async () => `${effects.push("note")}` });
  const billing = new Agent({ name: "billing", model: durableModel(inner.model), tools: [charge] });
  const desk = new Agent({
    name: "desk",
    model: outer.model,
    tools: [billing.asTool({ toolName: "billing", toolDescription: "Charges." }), note],
  });
  const world = await createWorld({ agent: openAIAgent(desk), checkpointing: false });
  const runId = await world.run("Charge 7");
  const { run: waiting, pending } = await world.status(runId);
  expect(waiting.status).toBe("suspended");
  expect(pending.map(({ callId, tool: name, input }) => [callId, name, input])).toEqual([
    ["billing/n1", "charge", { order: "7" }],
  ]);
  await world.agent.approve({ threadId: "t", approvalId: pending[0]?.id ?? "", by: "dana" });
  await world.settle();
  const { run: ended } = await world.status(runId);
  expect(ended.outcome).toMatchObject({
    output: { response: "All done.", stats: { inputTokens: 400 } },
  });
  expect(effects.toSorted()).toEqual(["charge 7", "note"]);
  expect([inner.asked.length, outer.asked.length]).toEqual([2, 2]);
});

test("a plain tool of an agent inside of a call is refused by its name", async () => {
  const inner = stub([[text("never")]]);
  const outer = stub([[call("c1", "billing", { input: "x" })], [text("never")]]);
  const charge = tool({ ...named, name: "plain_charge", execute: async () => "ok" });
  const billing = new Agent({ name: "billing", model: durableModel(inner.model), tools: [charge] });
  const tools = [billing.asTool({ toolName: "billing", toolDescription: "Charges." })];
  const world = await createWorld({
    agent: openAIAgent(new Agent({ name: "desk", model: outer.model, tools })),
  });
  const runId = await world.run("Go");
  expect((await world.status(runId)).run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining('"plain_charge"') as string },
  });
  expect([inner.asked.length, outer.asked.length]).toEqual([0, 1]);
});

test("the SDK's state is stored as structure, without the context, and the SDK alone goes on with it", async () => {
  const { model } = stub([[call("c1", "refund", { order: "7" })], [text("Paid.")]]);
  const paid: string[] = [];
  const refund = tool({
    ...named,
    name: "refund",
    needsApproval: true,
    execute: async (input) => `${paid.push(input.order)}`,
  });
  const agent = new Agent({ name: "support", model, tools: [refund] });
  const world = await createWorld({
    agent: openAIAgent(agent, {
      context: () => ({ user: "u1", secret: "sk-123" }),
      sanitizeContext: (context) => ({ user: (context as { user: string }).user }),
    }),
  });
  await world.run("Refund 7");
  const state = (await world.store.checkpoints.get("t")) as OpenAIPosition;
  expect(JSON.stringify(state)).not.toContain("sk-123");
  expect(state).toMatchObject({
    of: "openai-agents",
    turn: 1,
    asking: [{ id: "c1", name: "refund" }],
    runState: { currentAgent: { name: "support" }, context: { context: { user: "u1" } } },
  });
  const restored = await RunState.fromString(agent, JSON.stringify(state.runState));
  for (const item of restored.getInterruptions()) restored.approve(item);
  expect((await run(agent, restored)).finalOutput).toBe("Paid.");
  expect(paid).toEqual(["7"]);
});

test("some of several pending: with `any` the run goes on with the first decision, and waits for the next", async () => {
  const { model, asked } = stub([
    [call("c1", "refund", { order: "7" }), call("c2", "refund", { order: "8" })],
    [text("Both.")],
  ]);
  const paid: string[] = [];
  const refund = tool({
    ...named,
    name: "refund",
    needsApproval: true,
    execute: async (input) => `${paid.push(input.order)}`,
  });
  const agent = openAIAgent(new Agent({ name: "a", model, tools: [refund] }), {
    resumeWhen: "any",
  });
  const world = await createWorld({ agent });
  const runId = await world.run("Refund both");
  const first = await world.status(runId);
  expect(first.pending).toHaveLength(2);
  await world.agent.approve({ threadId: "t", approvalId: first.pending[1]?.id ?? "", by: "dana" });
  await world.settle();
  const second = await world.status(runId);
  expect([second.run.status, second.pending.length, paid]).toEqual(["suspended", 1, ["8"]]);
  await world.agent.approve({
    threadId: "t",
    approvalId: second.pending[0]?.id ?? "",
    by: "dana",
    input: { order: "9" },
  });
  await world.settle();
  const third = await world.status(runId);
  expect([third.run.status, paid, asked.length]).toEqual(["completed", ["8", "9"], 2]);
});

test("a limit of turns ends the run as it does in the loop", async () => {
  const { model, asked } = stub([[call("c1", "note", { order: "7" })], [text("never")]]);
  const note = tool({ ...named, name: "note", execute: async () => "ok" });
  const agent = openAIAgent(new Agent({ name: "a", model, tools: [note] }), { maxTurns: 1 });
  const world = await createWorld({ agent });
  const runId = await world.run("Go");
  expect((await world.status(runId)).run.outcome).toMatchObject({
    status: "completed",
    output: { status: "maxIterations", iterations: 1, stats: { totalToolCalls: 1 } },
  });
  expect(asked).toHaveLength(1);
});

test("a run that waits for a tool of another deploy can be finished after a fix", async () => {
  const { model } = stub([[call("c1", "refund", { order: "7" })], [text("Paid.")]]);
  const made = (name: string) =>
    new Agent({
      name: "support",
      model,
      tools: [tool({ ...named, name, needsApproval: true, execute: async () => "ok" })],
    });
  const first = await createWorld({ agent: openAIAgent(made("refund")) });
  const runId = await first.run("Refund 7");
  const [approval] = (await first.status(runId)).pending;
  const second = await createWorld({ agent: openAIAgent(made("pay")), store: first.store });
  await second.agent.approve({ threadId: "t", approvalId: approval?.id ?? "" });
  await second.settle();
  expect((await second.status(runId)).run).toMatchObject({
    status: "suspended",
    incompatible: expect.stringContaining('"refund"') as string,
  });
  await first.agent.resume({ runId });
  await first.settle();
  expect((await first.status(runId)).run).toMatchObject({ status: "completed" });
});

const clientTools = { refund: { description: "Pays.", parameters: { type: "object" } } };

test("a tool of the caller's that has the name of one of the agents' is refused", async () => {
  const { model } = stub([]);
  const refund = tool({ ...named, name: "refund", execute: async () => "ok" });
  const billing = new Agent({ name: "billing", model, tools: [refund] });
  const root = new Agent({ name: "support", model, handoffs: [billing] });
  const world = await createWorld({ agent: openAIAgent(root) });
  await expect(
    world.agent.start({ threadId: "t", prompt: "Go", clientTools }),
  ).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/"refund"/) });
});

test("a tool of the caller's that has the name of one of a server's fails the run", async () => {
  const { model, asked } = stub([]);
  const refund = tool({ ...named, name: "refund", execute: async () => "ok" });
  class Served extends Agent {
    override clone(): never {
      return Object.assign(new Served(this), { mcpServers: [{}] }) as never;
    }
    override getMcpTools = async (): Promise<never> => [refund] as never;
  }
  const root = Object.assign(new Served({ name: "support", model }), { mcpServers: [{}] });
  const world = await createWorld({ agent: openAIAgent(root) });
  const { runId } = await world.agent.start({ threadId: "t", prompt: "Go", clientTools });
  await world.settle();
  expect((await world.status(runId)).run.outcome).toMatchObject({
    status: "failed",
    error: { message: expect.stringContaining('"refund"') as string },
  });
  expect(asked).toEqual([]);
});

test("refuses an option that there is not", () => {
  const agent = new Agent({ name: "a" });
  expect(() => openAIAgent(agent, { maxUsd: 1 } as never)).toThrow("maxUsd");
});

test.each([undefined, null, {}])("refuses %j in the place of an agent", (wrong) => {
  expect(() => openAIAgent(wrong as never)).toThrow("needs an Agent of @openai/agents");
});
