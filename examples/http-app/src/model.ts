import type { ModelFunction } from "@perdure/inngest-bridge";

/** A stand-in for a provider's model, which answers by what it is shown. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`, as `start.ts` has it. */
export const scriptedModel: ModelFunction = ({ messages, stream }) => {
  const last = messages.at(-1);
  const order = /\d+/.exec(String(last?.content))?.[0];
  if (last?.role === "user" && order !== undefined)
    return { text: "", toolCalls: [{ id: "call-1", name: "refund_order", input: { order } }] };
  const pieces = last?.role === "tool" ? ["It is ", String(last.content), "."] : ["Which order?"];
  for (const piece of pieces) stream?.text(piece);
  return { text: pieces.join("") };
};
