import { tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { aiSdkAgent } from "../../src/ai-sdk/index.ts";
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
    lookup: tool({ inputSchema: order, execute: work("lookup") }),
    refund: tool({ inputSchema: order, needsApproval: async () => true, execute: work("refund") }),
  };
  const agent = aiSdkAgent({ name: "support", model, tools });
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
      output: { response: "Both are paid.", iterations: 4, stats: { inputTokens: 400 } },
      seen: { asked: 4, effects: ["lookup 7", "lookup 8", "refund 7", "refund 8"] },
    });
    expect(after.history).toHaveLength(9);
  }
});
