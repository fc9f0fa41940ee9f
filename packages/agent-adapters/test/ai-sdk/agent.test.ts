import { tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiSdkAgent, currentCall } from "../../src/ai-sdk/index.ts";
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
  const agent = aiSdkAgent({
    name: "support",
    model,
    instructions: "You help.",
    tools: {
      lookup: tool({
        inputSchema: order,
        execute: async (input) => {
          seen.push(input, currentCall()?.callId);
          return { status: "sent" };
        },
      }),
    },
  });
  const world = await createWorld({ agent });
  const runId = await world.run("Where is order 7?");
  const { run } = await world.status(runId);
  expect(run.outcome).toEqual(lookedUp("stub-1"));
  expect(asked).toHaveLength(2);
  expect(seen).toEqual([{ order: "7" }, "c1"]);
  expect(await world.history()).toEqual(LOOKED_UP);
});

test.each([
  ["approved", { kind: "approve" }, "done", 1],
  ["denied", { kind: "deny", reason: "too much" }, "denied", 0],
] as const)(
  "a call that needs approval suspends the run, and is %s",
  async (_, decision, how, times) => {
    const { model, asked } = stub([
      [call("c1", "refund", { order: "7" })],
      ({ prompt }) => [
        text(JSON.stringify(prompt.at(-1)).includes("too much") ? "denied" : "done"),
      ],
    ]);
    const paid: unknown[] = [];
    const agent = aiSdkAgent({
      name: "support",
      model,
      tools: {
        refund: tool({
          inputSchema: order,
          needsApproval: true,
          execute: async (input) => {
            paid.push(input);
            return "paid";
          },
        }),
      },
    });
    const world = await createWorld({ agent });
    const runId = await world.run("Refund order 7");
    const { run, pending } = await world.status(runId);
    expect([run.status, asked.length, paid.length]).toEqual(["suspended", 1, 0]);
    expect(pending.map(({ callId, tool: name, input }) => [callId, name, input])).toEqual([
      ["c1", "refund", { order: "7" }],
    ]);
    const approvalId = pending[0]?.id ?? "";
    const target = { threadId: "t", approvalId, by: "dana" };
    if (decision.kind === "approve") await world.agent.approve(target);
    else await world.agent.deny({ ...target, reason: decision.reason });
    await world.settle();
    const after = await world.status(runId);
    expect(after.run.outcome).toMatchObject({
      status: "completed",
      output: { response: how, iterations: 2 },
    });
    expect([asked.length, paid.length]).toEqual([2, times]);
  },
);
