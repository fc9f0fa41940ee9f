import { Agent, tool } from "@openai/agents";
import { expect, test } from "vitest";
import { z } from "zod";
import { currentCall, openAIAgent } from "../../src/openai-agents/index.ts";
import { LOOKED_UP, lookedUp } from "../expected.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

const order = z.object({ order: z.string() });

test("each model call and each tool call is a step, and is done once", async () => {
  const { model, asked } = stub([
    [text("Let me see."), call("c1", "lookup", { order: "7" })],
    [text("It is on its way.")],
  ]);
  const seen: unknown[] = [];
  const lookup = tool({
    name: "lookup",
    description: "Looks an order up.",
    parameters: order,
    execute: async (input) => {
      seen.push(input, currentCall()?.callId);
      return { status: "sent" };
    },
  });
  const agent = new Agent({ name: "support", model, instructions: "You help.", tools: [lookup] });
  const world = await createWorld({ agent: openAIAgent(agent) });
  const runId = await world.run("Where is order 7?");
  const { run } = await world.status(runId);
  expect(run.outcome).toEqual(lookedUp(null));
  expect(asked).toHaveLength(2);
  expect(asked[0]?.systemInstructions).toBe("You help.");
  expect(seen).toEqual([{ order: "7" }, "c1"]);
  expect(await world.history()).toMatchObject(LOOKED_UP);
});

test.each([
  ["approved", true, "done", 1],
  ["denied", false, "denied", 0],
] as const)(
  "a call that needs approval suspends the run, and is %s",
  async (_, isApproved, how, times) => {
    const { model, asked } = stub([
      [call("c1", "refund", { order: "7" })],
      ({ input }) => [text(JSON.stringify(input.at(-1)).includes("too much") ? "denied" : "done")],
    ]);
    const paid: unknown[] = [];
    const refund = tool({
      name: "refund",
      description: "Refunds an order.",
      parameters: order,
      needsApproval: true,
      execute: async (input) => {
        paid.push(input);
        return "paid";
      },
    });
    const agent = new Agent({ name: "support", model, tools: [refund] });
    const world = await createWorld({ agent: openAIAgent(agent) });
    const runId = await world.run("Refund order 7");
    const { run, pending } = await world.status(runId);
    expect([run.status, asked.length, paid.length]).toEqual(["suspended", 1, 0]);
    expect(pending.map(({ callId, tool: name, input }) => [callId, name, input])).toEqual([
      ["c1", "refund", { order: "7" }],
    ]);
    const target = { threadId: "t", approvalId: pending[0]?.id ?? "", by: "dana" };
    if (isApproved) await world.agent.approve(target);
    else await world.agent.deny({ ...target, reason: "too much" });
    await world.settle();
    const after = await world.status(runId);
    expect(after.run.outcome).toMatchObject({
      status: "completed",
      output: { response: how, iterations: 2 },
    });
    expect([asked.length, paid.length]).toEqual([2, times]);
  },
);
