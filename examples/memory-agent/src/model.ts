import type { Message } from "@perdure/checkpoint-core";
import type { ModelFunction, ModelResponse } from "@perdure/inngest-bridge";

interface Recalled {
  readonly memories: readonly { readonly id: string; readonly statement: string }[];
}

/** A stand-in for a provider's model, which answers by what it is shown. A real one: `openAIModel({ model: "gpt-5-mini", apiKey })`. */
export const scriptedModel: ModelFunction = ({ messages }) => {
  const said = String(messages.findLast(({ role }) => role === "user")?.content);
  const last = messages.at(-1);
  if (last?.role !== "tool") return first(said);
  if (last.toolName === "recall_memories") return recalled(said, last);
  return { text: "Understood." };
};

function first(said: string): ModelResponse {
  const told = /^I (?:am|like) .*/.exec(said);
  return told
    ? calls("create_memories", { statements: [said] })
    : calls("recall_memories", { queries: ["bread", "allergic"] });
}

/** With what it was reminded of it answers, corrects it, or forgets it. */
function recalled(said: string, { content }: Message): ModelResponse {
  const { memories } = content as Recalled;
  const [found] = memories;
  if (!found) return { text: "I know nothing about you." };
  if (said.startsWith("No longer"))
    return calls("update_memories", {
      updates: [{ id: found.id, statement: "I like bread without gluten." }],
    });
  if (said.startsWith("Forget"))
    return calls("delete_memories", { deletions: memories.map(({ id }) => ({ id })) });
  return { text: `You told me: ${found.statement}` };
}

function calls(name: string, input: unknown): ModelResponse {
  return { text: "", toolCalls: [{ id: `call-${name}`, name, input }] };
}
