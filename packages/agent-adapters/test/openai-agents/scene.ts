import { Agent, tool } from "@openai/agents";
import { z } from "zod";
import { openAIAgent } from "../../src/openai-agents/index.ts";
import type { Framework } from "../scenarios/framework.ts";
import { call, stub, text } from "./stub.ts";

const order = z.object({ order: z.string() });

/** Two lookups at once, a refund that a person agrees to, a second one by another agent, and the answer. */
export const framework: Framework = {
  name: "OpenAI Agents SDK 0.20",
  module: new URL(import.meta.url),
  prompt: "Refund orders 7 and 8",
  agent({ ask, did }) {
    const { model } = stub(
      [
        [
          text("Let me see."),
          call("c1", "lookup", { order: "7" }),
          call("c2", "lookup", { order: "8" }),
        ],
        [call("c3", "refund", { order: "7" })],
        [call("h1", "transfer_to_billing", {})],
        [call("c4", "refund", { order: "8" })],
        [text("Both are paid.")],
      ],
      { ask },
    );
    const work = (name: string, needsApproval = false) =>
      tool({
        name,
        description: "Does it.",
        parameters: order,
        needsApproval: async () => needsApproval,
        execute: async (input) => {
          did(`${name} ${input.order}`);
          return { [name]: input.order };
        },
      });
    const tools = [work("lookup"), work("refund", true)];
    const billing = new Agent({ name: "billing", model, tools });
    return openAIAgent(new Agent({ name: "support", model, tools, handoffs: [billing] }));
  },
  needs: {
    models: 5,
    effects: ["lookup 7", "lookup 8", "refund 7", "refund 8"],
    messages: 10,
    response: "Both are paid.",
  },
};
