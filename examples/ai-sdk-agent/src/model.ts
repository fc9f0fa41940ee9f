import { MockLanguageModelV4 } from "ai/test";

const usage = {
  inputTokens: { total: 100, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 10, text: undefined, reasoning: undefined },
};

const said = [
  { type: "text-start" as const, id: "0" },
  { type: "text-delta" as const, id: "0", delta: "Refunded." },
  { type: "text-end" as const, id: "0" },
];

/** A stand-in for a provider's model, which asks for a refund and then says that it is done. A real one: `"openai/gpt-5-mini"`, or a provider's of yours. */
export const scriptedModel: MockLanguageModelV4 = new MockLanguageModelV4({
  async doGenerate({ prompt }) {
    const isPaid = prompt.at(-1)?.role === "tool";
    const refund = { toolCallId: "c1", toolName: "refund_order", input: '{"order":"7"}' };
    return {
      content: [isPaid ? { type: "text", text: "Refunded." } : { type: "tool-call", ...refund }],
      finishReason: { unified: isPaid ? "stop" : "tool-calls", raw: undefined },
      usage,
      warnings: [],
    };
  },
  async doStream({ prompt }) {
    const isPaid = prompt.at(-1)?.role === "tool";
    const refund = { toolCallId: "c1", toolName: "refund_order", input: '{"order":"7"}' };
    return {
      stream: ReadableStream.from([
        ...(isPaid ? said : [{ type: "tool-call" as const, ...refund }]),
        {
          type: "finish" as const,
          finishReason: {
            unified: isPaid ? ("stop" as const) : ("tool-calls" as const),
            raw: undefined,
          },
          usage,
        },
      ]),
    };
  },
});
