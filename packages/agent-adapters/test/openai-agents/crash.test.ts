import { Agent, tool } from "@openai/agents";
import { expect, test } from "vitest";
import { z } from "zod";
import { openAIAgent } from "../../src/openai-agents/index.ts";
import { crashes, type Scenario } from "../crash.ts";
import { call, stub, text } from "./stub.ts";

const order = z.object({ order: z.string() });

/** Two lookups at once, a refund that a person agrees to, a second one by another agent, and the answer. */
function refunds(): Scenario {
  const effects: string[] = [];
  const { model, asked } = stub([
    [
      text("Let me see."),
      call("c1", "lookup", { order: "7" }),
      call("c2", "lookup", { order: "8" }),
    ],
    [call("c3", "refund", { order: "7" })],
    [call("h1", "transfer_to_billing", {})],
    [call("c4", "refund", { order: "8" })],
    [text("Both are paid.")],
  ]);
  const work = (name: string, needsApproval = false) =>
    tool({
      name,
      description: "Does it.",
      parameters: order,
      needsApproval: async () => needsApproval,
      execute: async (input) => {
        effects.push(`${name} ${input.order}`);
        return { [name]: input.order };
      },
    });
  const tools = [work("lookup"), work("refund", true)];
  const billing = new Agent({ name: "billing", model, tools });
  const agent = openAIAgent(new Agent({ name: "support", model, tools, handoffs: [billing] }));
  const seen = (): unknown => ({ asked: asked.length, effects: effects.toSorted() });
  return { agent, prompt: "Refund orders 7 and 8", seen };
}

test.each([
  { checkpointing: true, fault: "lose-response", every: 1 },
  { checkpointing: false, fault: "lose-response", every: 4 },
  { checkpointing: true, fault: "lose-request", every: 9 },
  { checkpointing: false, fault: "lose-request", every: 11 },
] as const)("whatever is lost, nothing is done again: %o", async (options) => {
  let expected: unknown;
  for await (const { after, mishap } of crashes(refunds, options)) {
    expected ??= after;
    expect(after, JSON.stringify(mishap)).toEqual(expected);
    expect(after).toMatchObject({
      status: "completed",
      output: {
        response: "Both are paid.",
        iterations: 5,
        stats: { agentsInvolved: ["billing", "support"], finalAgent: "billing", inputTokens: 500 },
      },
      seen: { asked: 5, effects: ["lookup 7", "lookup 8", "refund 7", "refund 8"] },
    });
    expect(after.history).toHaveLength(10);
  }
});
