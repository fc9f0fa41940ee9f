import { expect, test } from "vitest";
import {
  type AgentTool,
  type Budgets,
  type DurableAgent,
  delegate,
  type LoopOutput,
} from "../../src/index.ts";
import { testEverywhere } from "../bridge/everywhere.ts";
import { calls, createWorld, recorder, type Script, turns } from "../bridge/world.ts";
import { about, agentOf, approve, pendingOf } from "./agents.ts";

const usage = { input_tokens: 90, output_tokens: 10 };

/** A model that never ends: it asks for its tool again and again. */
const endless: Script = ({ turn }) => ({ ...calls([`w${turn}`, "work", {}]), usage, model: "m" });

/** What a run with budgets comes to, and how often the models of both agents were asked. */
async function endOf(
  where: Parameters<Parameters<typeof testEverywhere>[1]>[0],
  budgets: Budgets,
): Promise<{ readonly output: LoopOutput | undefined; readonly below: number }> {
  const { agent, asked } = agentOf("clerk", endless, { tools: { work: recorder() } });
  const world = await createWorld({
    ...where,
    tools: { ask: delegate(agent, about) },
    model: turns(
      { ...calls(["a", "ask", { prompt: "Go on." }]), usage, model: "m" },
      { text: "done", usage, model: "m" },
    ),
  });
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", ...budgets });
  await world.server.settle({ advance: true });
  const outcome = (await world.store.runs.get("r"))?.outcome;
  const output = outcome?.status === "completed" ? (outcome.output as LoopOutput) : undefined;
  return { output, below: asked.length };
}

testEverywhere("an agent below uses no more than is left of the budget", async (where) => {
  const budget = { maxLlmCalls: 5, onExceed: "truncate" } as const;
  const { output, below } = await endOf(where, { budget });
  expect(below).toBe(4);
  expect(output).toMatchObject({ status: "budgetExceeded", budgetExceeded: { observed: 5 } });
});

testEverywhere("a call's own budget holds for the agent that works for it", async (where) => {
  const { output, below } = await endOf(where, { toolBudget: { maxTokens: 300 } });
  expect(below).toBe(3);
  expect(output).toMatchObject({ status: "completed", response: "done" });
});

test("a budget that an agent below does not hold is refused before anything is recorded", async () => {
  const silent: DurableAgent = {
    name: "silent",
    run: async () => ({ status: "completed", output: "ok" }),
    resume: async () => ({ status: "completed", output: "ok" }),
  };
  const world = await createWorld({ tools: { ask: delegate(silent, about) } });
  const start = world.agent.start({ threadId: "t", prompt: "go", budget: { maxTokens: 10 } });
  await expect(start).rejects.toThrow('the agent "silent" holds no budgets');
  expect(await world.store.runs.list()).toMatchObject({ runs: [] });
});

test("an agent that waits below a run that has used up its budget is cancelled with it", async () => {
  const { agent, refund } = agentOf("clerk", turns(calls(["r", "refund", {}]), { text: "paid" }));
  const world = await createWorld({
    tools: {
      ask: delegate(agent, about),
      own: {
        ...recorder(),
        requiresApproval: true,
        async execute(_input, { spent }) {
          for (const _ of [1, 2, 3]) await spent({ model: "m", usage });
          return "ok";
        },
      } satisfies AgentTool,
    },
    model: turns(
      {
        ...calls(["a", "ask", { prompt: "Refund." }], ["b", "own", {}], ["c", "own", {}]),
        usage,
        model: "m",
      },
      { text: "done" },
    ),
    loop: { resumeWhen: "any" },
    agent: { upkeep: false },
  });
  const budget = { maxLlmCalls: 5, onExceed: "truncate" } as const;
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  for (const { id, tool } of await pendingOf(world)) if (tool === "own") await approve(world, id);
  const { runs } = await world.store.runs.list();
  expect(runs.map(({ id, status }) => [id.slice(0, 3), status])).toContainEqual([
    "sub",
    "cancelled",
  ]);
  expect(refund.seen).toEqual([]);
});

test("model calls of a tool count behind the last answer of an agent below, too", async () => {
  const { agent } = agentOf("clerk", endless, {
    tools: {
      work: {
        ...recorder(),
        async execute(_input, { spent }) {
          await spent({ model: "m", usage });
          return "ok";
        },
      } satisfies AgentTool,
    },
  });
  const world = await createWorld({
    tools: { ask: delegate(agent, about) },
    model: turns(
      { ...calls(["a", "ask", { prompt: "Go on." }]), usage, model: "m" },
      { text: "done", usage, model: "m" },
    ),
  });
  const budget = { maxLlmCalls: 3, onExceed: "truncate" } as const;
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.outcome).toMatchObject({
    output: { status: "budgetExceeded", budgetExceeded: { observed: 3 } },
  });
});

test("model calls of an agent two levels below count behind the last answer of the one between, too", async () => {
  const { agent: aide } = agentOf("aide", () => ({ text: "helped", usage, model: "m" }));
  const { agent: clerk } = agentOf(
    "clerk",
    ({ turn }) => ({ ...calls([`h${turn}`, "help", { prompt: "Help." }]), usage, model: "m" }),
    { tools: { help: delegate(aide, about) } },
  );
  const world = await createWorld({
    tools: { ask: delegate(clerk, about) },
    model: turns(
      { ...calls(["a", "ask", { prompt: "Go on." }]), usage, model: "m" },
      { text: "done", usage, model: "m" },
    ),
  });
  const budget = { maxLlmCalls: 3, onExceed: "truncate" } as const;
  await world.agent.start({ threadId: "t", prompt: "go", runId: "r", budget });
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.outcome).toMatchObject({
    output: { status: "budgetExceeded", budgetExceeded: { observed: 3 } },
  });
});
