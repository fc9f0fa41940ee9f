import type { ModelFunction } from "@perdure/inngest-bridge";

/** A stand-in for a provider's model, which answers by what it is shown. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`. */
export const scriptedModel: ModelFunction = ({ system = "", messages }) => {
  if (system.includes("not replied")) return { text: "Does your printer work now?" };
  const said = String(messages.at(-1)?.content);
  return { text: said.includes("works") ? "Glad to hear it." : "Open the back and pull." };
};
