import type { ModelFunction } from "@perdure/inngest-bridge";

/** A stand-in for a provider's model, which answers by what it is shown. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`. */
export const scriptedModel: ModelFunction = ({ messages, tools }) => {
  const last = messages.at(-1);
  if (last?.role === "tool") return { text: `It says: ${String(last.content)}` };
  const said = String(last?.content);
  if (!said.includes("read")) return { text: "Understood." };
  const canDelegate =
    said.includes("have it") && tools.some(({ name }) => name === "delegate_task");
  const call = canDelegate
    ? { id: "call-1", name: "delegate_task", input: { prompt: "read TODO.md" } }
    : { id: "call-1", name: "read", input: { path: "TODO.md" } };
  return { text: "", toolCalls: [call] };
};
