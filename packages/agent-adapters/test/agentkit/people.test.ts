import { createAgent, createTool } from "@inngest/agent-kit";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  agentKitAgent,
  durableTool,
  type ToolDecision,
  waitForDecision,
} from "../../src/agentkit/index.ts";
import { createWorld } from "../world.ts";
import { provider, resultsIn } from "./stub.ts";

const order = z.object({ order: z.string() });

/** An agent that is asked for two refunds in one turn: the first tool asks itself, the second is not carried out without a person. */
async function desk() {
  const heard: ToolDecision[] = [];
  const paid: unknown[] = [];
  const { model, asked } = await provider((question) =>
    resultsIn(question) === 0
      ? {
          calls: [
            { id: "c1", name: "ask", input: { order: "7" } },
            { id: "c2", name: "pay", input: { order: "8" } },
          ],
        }
      : JSON.stringify(question.messages.slice(-2).map(({ content }) => content)),
  );
  const ask = createTool({
    name: "ask",
    parameters: order,
    handler: async () => {
      const decision = await waitForDecision({ input: { shown: "to a person" } });
      heard.push(decision);
      return decision.approved ? "yes" : "no";
    },
  });
  const pay = durableTool(
    createTool({ name: "pay", parameters: order, handler: async (input) => paid.push(input) }),
    { needsApproval: true },
  );
  const agent = createAgent({ name: "desk", system: "s", model, tools: [ask, pay] });
  const world = await createWorld({ agent: agentKitAgent(agent) });
  const runId = await world.run("Refund orders 7 and 8");
  return { world, runId, heard, paid, asked };
}

test("both are asked about at once, and what people decide reaches tools and model; a second decision changes nothing", async () => {
  const { world, runId, heard, paid, asked } = await desk();
  const { run, pending } = await world.status(runId);
  expect([run.status, asked.length, heard, paid]).toEqual(["suspended", 1, [], []]);
  expect(pending.map(({ callId, tool, input }) => [callId, tool, input])).toEqual([
    ["c1", "ask", { shown: "to a person" }],
    ["c2", "pay", { order: "8" }],
  ]);
  const [c1 = "", c2 = ""] = pending.map(({ id }) => id);
  await world.agent.deny({ threadId: "t", approvalId: c1, by: "dana", reason: "too much" });
  await world.settle();
  expect((await world.status(runId)).run.status).toBe("suspended");
  const approve = { threadId: "t", approvalId: c2, by: "dana" };
  await world.agent.approve({ ...approve, input: { order: "9" } });
  await world.agent.approve(approve);
  await world.settle();
  const after = await world.status(runId);
  expect(after.run.outcome).toMatchObject({
    status: "completed",
    output: { response: '["{\\"data\\":\\"no\\"}","{\\"data\\":1}"]', iterations: 2 },
  });
  expect(heard).toEqual([{ approved: false, reason: "too much", by: "dana" }]);
  expect([asked.length, paid]).toEqual([2, [{ order: "9" }]]);
});

test("an input that the tool does not take is refused before it counts", async () => {
  const { world, runId } = await desk();
  const { pending } = await world.status(runId);
  const target = { threadId: "t", approvalId: pending[1]?.id ?? "", by: "dana" };
  await expect(world.agent.approve({ ...target, input: { order: 9 } })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect((await world.status(runId)).pending).toHaveLength(2);
});

test("outside of a run nobody is asked, and it is said so", async () => {
  await expect(waitForDecision()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
