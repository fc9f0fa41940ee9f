import { AIMessage } from "@langchain/core/messages";
import type { ChatModel } from "./quickStart.ts";

/** A stand-in for a provider's model, which names the order that is to be refunded. A real one: `new ChatOpenAI({ model: "gpt-5" })` of `@langchain/openai`. */
export const scriptedModel: ChatModel = { invoke: async () => new AIMessage("123") };

/** One for the quick start, which asks for its tool and then says that it is done. */
export const callingModel: ChatModel = {
  async invoke(messages) {
    const call = { id: "c1", name: "refund_order", args: { order: "7" } };
    const isPaid = messages.at(-1)?.getType() === "tool";
    return isPaid ? new AIMessage("Refunded.") : new AIMessage({ content: "", tool_calls: [call] });
  },
};
