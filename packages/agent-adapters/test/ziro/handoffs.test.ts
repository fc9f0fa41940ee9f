import { createStore, memoryBackend, StoreCheckpointer } from "@perdure/checkpoint-core";
import { withStep } from "@perdure/inngest-bridge/agent";
import { expect, test } from "vitest";
import { durableModel, ziroAgent, type ZiroHandoff } from "../../src/ziro/index.ts";
import { createWorld, type World } from "../world.ts";
import type { Agent, CreateAgentOptions, LanguageModel } from "./shapes.ts";
import { createAgent } from "./standIn.ts";
import { checkpoints, recorded, says, scripted, wants } from "./world.ts";

/** Below, it is the second turn of the conversation that a model has its first in. */
const ELSEWHERE = says("unused");

const named = { raw: (agent: Agent) => agent, durable: (agent: Agent) => agent, told } as const;

function told(agent: Agent): ZiroHandoff {
  return { agent, model: models.get(agent) as never };
}

const models = new WeakMap<Agent, LanguageModel>();

/** A desk that hands over to billing, which asks ahead of a refund, and then answers. */
function desk(
  how: keyof typeof named = "raw",
  more: Partial<CreateAgentOptions> = {},
  top: Partial<CreateAgentOptions> = {},
) {
  const asked = scripted(ELSEWHERE, wants(["x", "refund", { order: 7 }]), says("billed"));
  const refund = recorded("refund", { requiresApproval: true });
  const billing = createAgent({
    name: "Billing Desk",
    model: how === "durable" ? durableModel(asked) : asked,
    tools: { refund },
    ...more,
  });
  models.set(billing, asked);
  const model = scripted(wants(["h", "transfer_to_billing_desk", {}]), says("all well"));
  const agent = createAgent({ name: "triage", model, handoffs: [billing], ...top });
  return { agent, model, billing, asked, refund, handoffs: [named[how](billing)] };
}

async function approveAll(world: World, runId: string): Promise<void> {
  for (const { id } of (await world.status(runId)).pending)
    await world.agent.approve({ threadId: "t", approvalId: id });
  await world.settle();
}

test.each(["raw", "durable", "told"] as const)(
  "an agent that is handed to and wants a person suspends the run (%s)",
  async (how) => {
    const { agent, model, asked, refund, handoffs } = desk(how);
    const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
    const runId = await world.run("go");
    const { run, pending } = await world.status(runId);
    expect([run.status, pending]).toMatchObject([
      "suspended",
      [{ callId: "h/x", tool: "refund", input: { order: 7 } }],
    ]);
    expect(await world.store.checkpoints.get("t")).toMatchObject({
      __ziro_snapshot__: true,
      step: 1,
      pendingApprovals: [{ toolCallId: "h", toolName: "transfer_to_billing_desk" }],
      below: [{ tool: "refund", agent: "Billing Desk" }],
    });
    await approveAll(world, runId);
    expect((await world.status(runId)).run.outcome).toMatchObject({
      output: {
        text: "all well",
        stats: {
          agentsInvolved: ["Billing Desk", "triage"],
          totalTokens: 440,
          totalToolCalls: 2,
          model: how === "raw" ? null : "gpt-4o-mini",
        },
      },
    });
    expect([model.asked.length, asked.asked.length, refund.seen]).toEqual([2, 2, [{ order: 7 }]]);
    expect((await world.history())[2]).toMatchObject({ content: "billed" });
  },
);

test("a denial below is told to the agent below, and an input that a person changed reaches its tool", async () => {
  const { agent, asked, refund, handoffs } = desk();
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const denied = await world.run("go");
  await world.agent.deny({ threadId: "t", runId: denied, callId: "h/x", reason: "too much" });
  await world.settle();
  expect((await world.status(denied)).run.status).toBe("completed");
  expect(JSON.stringify(asked.asked.at(-1))).toContain("too much");
  const changed = await world.run("go", { threadId: "u" });
  const decision = { threadId: "u", runId: changed, callId: "h/x", input: { order: 8 } };
  await world.agent.approve(decision);
  await world.settle();
  expect((await world.status(changed)).run.status).toBe("completed");
  expect(refund.seen).toEqual([{ order: 8 }]);
});

test("a model below that fails is asked again, and nothing else is", async () => {
  const asked = scripted(ELSEWHERE, wants(["x", "pay", {}]), says("billed"));
  const below = {
    ...asked,
    async generate(options: Parameters<LanguageModel["generate"]>[0]) {
      const answer = await asked.generate(options);
      if (asked.asked.length === 2) throw new Error("503");
      return answer;
    },
  };
  const pay = recorded("pay");
  const { agent, model, handoffs } = desk("raw", { model: below, tools: { pay } });
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).run.status).toBe("completed");
  expect([model.asked.length, asked.asked.length, pay.seen.length]).toEqual([2, 3, 1]);
});

test("a tool below that fails is tried again, and then its error is told to the agent below", async () => {
  let tries = 0;
  const refund = recorded("refund", {
    execute() {
      tries += 1;
      throw new Error("the bank is closed");
    },
  });
  const { agent, asked, handoffs } = desk("raw", { tools: { refund } });
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).run.status).toBe("completed");
  expect([tries, asked.asked.length]).toEqual([4, 2]);
  expect(JSON.stringify(asked.asked.at(-1))).toContain("the bank is closed");
});

test("two handoffs and a call of its own wait at once, each under a name of its own", async () => {
  const { agent, model, asked, refund, handoffs } = desk(
    "raw",
    {},
    {
      model: scripted(
        wants(
          ["h", "transfer_to_billing_desk", {}],
          ["i", "transfer_to_billing_desk", {}],
          ["x", "ship", {}],
        ),
        says("all well"),
      ),
      tools: { ship: recorded("ship", { requiresApproval: true }) },
    },
  );
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const runId = await world.run("go");
  const { pending } = await world.status(runId);
  expect(pending.map(({ callId }) => callId).toSorted()).toEqual(["h/x", "i/x", "x"]);
  expect(model.asked).toEqual([]);
  await approveAll(world, runId);
  expect((await world.status(runId)).run.status).toBe("completed");
  expect([asked.asked.length, refund.seen.length]).toEqual([4, 2]);
});

test("an agent below that hands over itself waits for the one below it", async () => {
  const { billing, refund } = desk();
  const middle = createAgent({
    name: "office",
    model: scripted(ELSEWHERE, wants(["m", "transfer_to_billing_desk", {}]), says("passed on")),
    handoffs: [{ agent: billing, inputFilter: (messages) => messages.slice(0, 2) }],
  });
  const agent = createAgent({
    name: "triage",
    model: scripted(wants(["h", "transfer_to_office", {}]), says("all well")),
    handoffs: [middle],
  });
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs: [middle, billing] }) });
  const runId = await world.run("go");
  expect((await world.status(runId)).pending).toMatchObject([{ callId: "h/m/x", tool: "refund" }]);
  await approveAll(world, runId);
  expect((await world.status(runId)).run.status).toBe("completed");
  expect(refund.seen).toEqual([{ order: 7 }]);
});

test("what suspends below lands under no thread of the agents' own", async () => {
  const shared = checkpoints();
  const own = checkpoints();
  const { agent, handoffs } = desk(
    "raw",
    { checkpointer: own, defaultThreadId: "placeholder" },
    { checkpointer: shared, defaultThreadId: "placeholder" },
  );
  const store = createStore({ backend: memoryBackend() });
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs, store }) });
  expect((await world.status(await world.run("secret"))).run.status).toBe("suspended");
  expect([shared.puts, own.puts]).toEqual([[], []]);
});

test("nor does what suspends below an agent that is not named, with the same checkpointer or with one of ours", async () => {
  const shared = checkpoints();
  const place = { checkpointer: shared, defaultThreadId: "placeholder" };
  const ours = new StoreCheckpointer(createStore({ backend: memoryBackend() }));
  for (const checkpointer of [shared, ours]) {
    const { agent } = desk("raw", { ...place, checkpointer }, place);
    const world = await createWorld({ agent: ziroAgent(agent) });
    expect((await world.status(await world.run("secret"))).run.status).toBe("failed");
  }
  expect(shared.puts).toEqual([]);
  expect(await ours.get("placeholder")).toBeNull();
});

test("a deploy without the agent that a run waits below finds that out before it takes the run", async () => {
  const { agent, handoffs } = desk();
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const runId = await world.run("go");
  const state = await world.store.checkpoints.get("t");
  const run = await world.store.runs.get(runId);
  if (!run) throw new Error("It is gone.");
  const { store } = world;
  const check = (other: ReturnType<typeof ziroAgent>) => () => other.check?.(state, { store, run });
  expect(check(ziroAgent(agent, { handoffs }))).not.toThrow();
  expect(check(ziroAgent(agent))).toThrow(expect.objectContaining({ code: "INCOMPATIBLE" }));
  const without = desk("raw", { tools: {} });
  expect(check(ziroAgent(without.agent, { handoffs: without.handoffs }))).toThrow(
    expect.objectContaining({ message: expect.stringContaining('"refund"') }),
  );
});

test("what a tool may use holds for a handoff too, and the budget of the run for all agents in it", async () => {
  const { agent, asked, refund, handoffs } = desk();
  Object.assign(refund, { requiresApproval: false });
  const world = await createWorld({ agent: ziroAgent(agent, { handoffs }) });
  const start = { threadId: "t", prompt: "go" };
  for (const budgets of [{ toolBudget: { maxLlmCalls: 1 } }, { budget: { maxLlmCalls: 2 } }]) {
    const { runId } = await world.agent.start({ ...start, ...budgets });
    await world.settle();
    expect((await world.status(runId)).run).toMatchObject({
      status: "failed",
      outcome: { error: { name: "BudgetExceededError" } },
    });
  }
  expect([asked.asked.length, refund.seen.length]).toEqual([2, 2]);
});

test("an agent of a name that another one goes by fails the run, and is named", async () => {
  const { agent, asked } = desk();
  const other = createAgent({ name: "billing-desk", model: asked });
  const answers = desk("raw", { model: scripted(ELSEWHERE, says("billed")) });
  for (const own of [agent, answers.agent]) {
    const world = await createWorld({ agent: ziroAgent(own, { handoffs: [other] }) });
    expect((await world.status(await world.run("go"))).run).toMatchObject({
      status: "failed",
      outcome: { error: { message: expect.stringContaining("transfer_to_billing_desk") } },
    });
  }
  const twice = () => ziroAgent(agent, { handoffs: [other, desk().billing] });
  expect(twice).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("an agent with a memory wants its model, and options that there are not are refused", () => {
  const { model } = desk();
  const agent = createAgent({ name: "support", model, memory: {} });
  expect(() => ziroAgent(agent)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(ziroAgent(agent, { model }).name).toBe("support");
  expect(() => ziroAgent(agent, { model, handofs: [] } as never)).toThrow(/handofs/);
});

test("two models that are asked the same at the same time are two steps", async () => {
  const ids: string[] = [];
  const tools = {
    run: async ({ id }: { readonly id: string }, work: () => Promise<unknown>) => {
      ids.push(id);
      return work();
    },
    sleep: async () => undefined,
  };
  const messages = [{ role: "user", content: "Who are you?" }];
  const both = ["small", "large"].map((modelId) =>
    durableModel({ ...scripted(says(modelId)), modelId }),
  );
  const said = await withStep(tools, async () =>
    Promise.all(both.map(async (model) => model.generate({ messages } as never))),
  );
  expect(said.map(({ text }) => text)).toEqual(["small", "large"]);
  expect(ids.every((id) => id.endsWith(":1"))).toBe(true);
  expect(new Set(ids).size).toBe(2);
});
