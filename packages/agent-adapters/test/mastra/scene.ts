import { mastraAgent } from "../../src/mastra/index.ts";
import type { Framework } from "../scenarios/framework.ts";
import { made, tool } from "./made.ts";
import { call, stub, text } from "./stub.ts";

/** Two lookups at once, a refund that a person agrees to, a second one with the same id, and the answer. */
export const framework: Framework = {
  name: "Mastra 1",
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
        [call("c1", "refund", { order: "7" })],
        [call("c1", "refund", { order: "8" })],
        [text("Both are paid.")],
      ],
      { ask },
    );
    const work = (name: string) => async (input: { readonly order: string }) => {
      did(`${name} ${input.order}`);
      return { [name]: input.order };
    };
    const lookup = tool("lookup", work("lookup"));
    const refund = tool("refund", work("refund"), { requireApproval: async () => true });
    return mastraAgent(made(model, { lookup, refund }));
  },
  needs: {
    models: 4,
    effects: ["lookup 7", "lookup 8", "refund 7", "refund 8"],
    messages: 9,
    response: "Both are paid.",
  },
  // Mastra builds its workflows anew in each pass: without checkpointing, in each request.
  every: [1, 10],
};
