import { expect, test } from "vitest";
import { type AgentTool, delegate } from "../../src/index.ts";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "../bridge/world.ts";
import { about, agentOf, once, pendingOf, results } from "./agents.ts";

const asks = turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" });

/** A deploy: the agent that the tool `ask` delegates to. */
function tools(agent: ReturnType<typeof agentOf>["agent"]) {
  return { ask: delegate(agent, about) };
}

/** An agent with an agent below it that has the tool. */
function above(agent: ReturnType<typeof agentOf>["agent"]) {
  return agentOf("middle", turns(calls(["m", "ask", { prompt: "x" }]), { text: "refunded" }), {
    tools: tools(agent),
  }).agent;
}

/** A run that waits for a person, and the person has agreed; the wake-up is lost. */
async function agreed(options: WorldOptions): Promise<World> {
  const world = await createWorld({ model: asks, ...options });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const [asked] = await pendingOf(world);
  await world.store.approvals.decide("t", { approvalId: asked?.id }, { kind: "approve" });
  return world;
}

const other: Readonly<Record<string, AgentTool>> = { "refund-2": recorder() };
const good = agentOf("clerk", once);

test.each([
  ["its tool has another name", agentOf("clerk", once, { tools: other }).agent],
  ["it has another name", agentOf("clerk-2", once).agent],
])("a deploy that cannot go on with an agent below: %s", async (_what, agent) => {
  for (const level of [tools, (one: typeof agent) => tools(above(one))]) {
    const before = good.refund.seen.length;
    const world = await agreed({ tools: level(good.agent) });
    const deployed = await createWorld({ model: asks, store: world.store, tools: level(agent) });
    await deployed.resume({ threadId: "t", runId: "run" });
    const [failed] = deployed.executions();
    expect(failed).toMatchObject({ status: "Failed", error: { name: "IncompatibleError" } });
    expect(await world.store.runs.get("run")).toMatchObject({
      status: "suspended",
      incompatible: expect.stringContaining("clerk"),
    });
    await world.resume({ threadId: "t", runId: "run" });
    expect(world.report()).toMatchObject({ status: "completed" });
    expect(await results(world)).toEqual(["refunded"]);
    expect(good.refund.seen.length - before).toBe(1);
  }
});

test("a deploy in which the tool delegates no more", async () => {
  const world = await agreed({ tools: tools(good.agent) });
  const plain = recorder();
  const deployed = await createWorld({ model: asks, store: world.store, tools: { ask: plain } });
  await deployed.resume({ threadId: "t", runId: "run" });
  expect(deployed.executions()[0]).toMatchObject({ error: { name: "IncompatibleError" } });
  expect(plain.seen).toEqual([]);
  await world.resume({ threadId: "t", runId: "run" });
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("an agent below that has ended meanwhile is looked at by no deploy", async () => {
  const world = await agreed({ tools: tools(good.agent) });
  await world.agent.cancel({ runId: good.asked.at(-1)?.runId ?? "" });
  const { agent } = agentOf("clerk", once, { tools: other });
  const deployed = await createWorld({ model: asks, store: world.store, tools: tools(agent) });
  await deployed.resume({ threadId: "t", runId: "run" });
  expect(deployed.report()).toMatchObject({ status: "completed" });
});
