import {
  type Model,
  type ModelProvider,
  type ModelResponse,
  type StreamEvent,
  Usage,
} from "@openai/agents";

type Item = ModelResponse["output"][number];

const call = (callId: string, name: string, given: object): Item => ({
  type: "function_call",
  callId,
  name,
  arguments: JSON.stringify(given),
  status: "completed",
});

const script: readonly Item[] = [
  call("c1", "transfer_to_Sales", {}),
  call("c2", "find_order", {}),
  call("c3", "transfer_to_Support", {}),
  call("c4", "refund_order", { order: "7" }),
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "Your order 7 is refunded." }],
  },
];

const model: Model = {
  async getResponse({ input }) {
    const done = typeof input === "string" ? 0 : input.filter(isResult).length;
    const usage = new Usage({ inputTokens: 100 * (done + 1), outputTokens: 10 });
    return { output: script.slice(done, done + 1), usage };
  },
  async *getStreamedResponse(request): AsyncIterable<StreamEvent> {
    const { output, usage } = await model.getResponse(request);
    const { inputTokens, outputTokens, totalTokens } = usage;
    const response: object = { id: "r", output, usage: { inputTokens, outputTokens, totalTokens } };
    yield { type: "response_done", response } as StreamEvent;
  },
};

function isResult({ type }: { readonly type?: string | undefined }): boolean {
  return type === "function_call_result";
}

/** A stand-in for a provider, whose model says the next thing for each result that it is shown. A real one: `new OpenAIProvider({ apiKey })`. */
export const scriptedModels: ModelProvider = { getModel: () => model };
