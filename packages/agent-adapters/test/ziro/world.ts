import type { AgentSnapshot, Checkpointer, GenerateResult, LanguageModel, Tool } from "./shapes.ts";

const usage = { promptTokens: 100, completionTokens: 10, totalTokens: 110 };

export function says(text: string): GenerateResult {
  return { text, content: [{ type: "text", text }], toolCalls: [], finishReason: "stop", usage };
}

export function wants(...calls: readonly (readonly [string, string, unknown])[]): GenerateResult {
  const toolCalls = calls.map(([toolCallId, toolName, args]) => ({
    type: "tool-call" as const,
    toolCallId,
    toolName,
    args,
  }));
  return { text: "", content: toolCalls, toolCalls, finishReason: "tool-calls", usage };
}

/** A model that says one thing after the other, by how long the conversation is, whoever asks. */
export function scripted(
  ...said: readonly GenerateResult[]
): LanguageModel & { readonly asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    modelId: "gpt-4o-mini",
    provider: "openai",
    asked,
    async generate({ messages }) {
      asked.push(messages);
      const turn = messages.filter(({ role }) => role === "assistant").length;
      const next = said[turn];
      if (!next) throw new Error(`The script has no turn ${turn}.`);
      return next;
    },
  };
}

/** A tool that remembers what it was given. */
export function recorded(
  name: string,
  more: Partial<Tool> = {},
): Tool & { readonly seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    name,
    input: { parse: (value) => value },
    seen,
    execute(input: unknown) {
      seen.push(input);
      return `${name} done`;
    },
    ...more,
  };
}

/** A checkpointer that remembers under which threads it was asked to keep something. */
export function checkpoints(): Checkpointer & { readonly puts: string[] } {
  const puts: string[] = [];
  let kept: AgentSnapshot | null = null;
  return {
    puts,
    async put(threadId, snapshot) {
      puts.push(threadId);
      kept = snapshot;
      return "1";
    },
    get: async () => kept,
    list: async () => [],
    delete: async () => undefined,
  };
}
