import type { ModelFunction } from "@perdure/inngest-bridge";

/** A stand-in for a provider's model: it asks for three things at once, then answers. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`. */
export const scriptedModel: ModelFunction = ({ messages }) => {
  const read = messages.filter(({ role }) => role === "tool").map(({ content }) => String(content));
  if (read.length > 0) return { text: `I have read: ${read.join(" ")}` };
  return {
    text: "",
    toolCalls: [
      { id: "a", name: "read_page", input: { page: "tea" } },
      { id: "b", name: "read_page", input: { page: "coffee" } },
      { id: "c", name: "look_into", input: { topic: "water" } },
    ],
  };
};
