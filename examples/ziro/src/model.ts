import type { LanguageModel } from "./ziroAgents.ts";

const usage = { promptTokens: 100, completionTokens: 10, totalTokens: 110 };

/** A stand-in for a provider's model, which asks for a refund and then says that it is done. A real one: `openai("gpt-4o-mini")` of `@ziro-agent/openai`. */
export const scriptedModel: LanguageModel = {
  modelId: "gpt-4o-mini",
  provider: "openai",
  async generate({ messages }) {
    if (messages.at(-1)?.role === "tool") {
      const text = "Order 7 is refunded.";
      const content = [{ type: "text", text }];
      return { text, content, toolCalls: [], finishReason: "stop", usage };
    }
    const call = {
      type: "tool-call" as const,
      toolCallId: "tc_abc",
      toolName: "refund_order",
      args: { order: "7" },
    };
    return { text: "", content: [call], toolCalls: [call], finishReason: "tool-calls", usage };
  },
};
