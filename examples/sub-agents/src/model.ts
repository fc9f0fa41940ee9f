import type { ModelFunction, ModelResponse } from "@perdure/inngest-bridge";

/** A stand-in for a provider's model, which answers by what it is shown. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`. */
export const scriptedModel: ModelFunction = ({ system = "", messages }) => {
  const asked = messages.findLast(({ role }) => role === "user");
  const results = messages.slice(messages.indexOf(asked ?? { role: "user", content: "" }) + 1);
  const said = String(asked?.content);
  if (results.length > 0) return { text: `Done: ${said}` };
  if (system.includes("refund")) return calls(["refund", { order: /\d+/.exec(said)?.[0] }]);
  if (system.includes("letters")) return calls(["send", { letter: said }]);
  return calls(
    ["clerk", { prompt: "Refund order 7." }],
    ["write", { prompt: "We have your order 7." }],
    ["remind", { prompt: "Did the money for order 7 arrive?", afterSeconds: 3600 }],
  );
};

function calls(...wanted: readonly (readonly [string, unknown])[]): ModelResponse {
  return {
    text: "",
    toolCalls: wanted.map(([name, input], place) => ({ id: `call-${place}`, name, input })),
  };
}
