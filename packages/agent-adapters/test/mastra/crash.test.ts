import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { expect, test } from "vitest";
import { z } from "zod";
import { mastraAgent } from "../../src/mastra/index.ts";
import { crashes, type Scenario } from "../crash.ts";
import { call, stub, text } from "./stub.ts";

const order = z.object({ order: z.string() });

/** Two lookups at once, a refund that a person agrees to, a second one, and the answer. */
function refunds(): Scenario {
  const effects: string[] = [];
  const { model, asked } = stub([
    [
      text("Let me see."),
      call("c1", "lookup", { order: "7" }),
      call("c2", "lookup", { order: "8" }),
    ],
    [call("c1", "refund", { order: "7" })],
    [call("c1", "refund", { order: "8" })],
    [text("Both are paid.")],
  ]);
  const work = (name: string) => async (input: { readonly order: string }) => {
    effects.push(`${name} ${input.order}`);
    return { [name]: input.order };
  };
  const tools = {
    lookup: createTool({
      id: "lookup",
      description: "Looks.",
      inputSchema: order,
      execute: work("lookup"),
    }),
    refund: createTool({
      id: "refund",
      description: "Refunds.",
      inputSchema: order,
      requireApproval: async () => true,
      execute: work("refund"),
    }),
  };
  const agent = new Agent({ id: "support", name: "Support", instructions: "Help.", model, tools });
  const seen = (): unknown => ({ asked: asked.length, effects: effects.toSorted() });
  return { agent: mastraAgent(agent), prompt: "Refund orders 7 and 8", seen };
}

test.each([
  { checkpointing: true, fault: "lose-response", every: 6 },
  { checkpointing: false, fault: "lose-response", every: 23 },
  { checkpointing: true, fault: "lose-request", every: 29 },
  { checkpointing: false, fault: "lose-request", every: 37 },
] as const)("whatever is lost, nothing is done again: %o", async (options) => {
  let expected: unknown;
  for await (const { after, mishap } of crashes(refunds, options)) {
    expected ??= after;
    expect(after, JSON.stringify(mishap)).toEqual(expected);
    expect(after).toMatchObject({
      status: "completed",
      output: { response: "Both are paid.", iterations: 4, stats: { inputTokens: 400 } },
      seen: { asked: 4, effects: ["lookup 7", "lookup 8", "refund 7", "refund 8"] },
    });
    expect(after.history).toHaveLength(9);
  }
});
