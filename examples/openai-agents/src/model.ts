import {
  type Model,
  type ModelProvider,
  type ModelResponse,
  type StreamEvent,
  Usage,
} from "@openai/agents";

type Item = ModelResponse["output"][number];

const call = (callId: string, name: string, given: string): Item => ({
  type: "function_call",
  callId,
  name,
  arguments: given,
  status: "completed",
});

/** What is said when the desk is asked: it hands over, the other agent asks for a refund, and says that it is done. */
export const script: readonly Item[] = [
  call("h1", "transfer_to_billing", "{}"),
  call("c1", "refund_order", '{"order":"7"}'),
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "Refunded." }],
  },
];

/** A stand-in for a provider's model: it says the next thing for each result that it is shown. A real provider: `new OpenAIProvider({ apiKey })`. */
export const saying = (lines: readonly Item[]): Model => ({
  async getResponse({ input }) {
    const results = typeof input === "string" ? [] : input.filter(isResult);
    return {
      output: lines.slice(results.length).slice(0, 1),
      usage: new Usage({ inputTokens: 100, outputTokens: 10 }),
    };
  },
  async *getStreamedResponse(request): AsyncIterable<StreamEvent> {
    const { output, usage } = await this.getResponse(request);
    const { inputTokens, outputTokens, totalTokens } = usage;
    const response: object = { id: "r", output, usage: { inputTokens, outputTokens, totalTokens } };
    yield { type: "response_done", response } as StreamEvent;
  },
});

function isResult({ type }: { readonly type?: string | undefined }): boolean {
  return type === "function_call_result";
}

/** Gives the scripted model for any name. */
export const scriptedProvider: ModelProvider = { getModel: () => saying(script) };
