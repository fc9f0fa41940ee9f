/** What a model says: a text, or the calls that it wants. */
export type Said = string | { readonly text?: string; readonly calls: readonly Call[] };

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What a provider is asked, as OpenAI's protocol has it. */
export interface Asked {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string | null;
    readonly tool_call_id?: string;
  }[];
  readonly tools?: readonly unknown[];
}

/** A completion of OpenAI's protocol. */
export function completion(said: Said, model = "stub"): object {
  const { text = null, calls } = typeof said === "string" ? { text: said, calls: [] } : said;
  const tool_calls = calls.map(({ id, name, input }) => ({
    id,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  return {
    id: "c",
    model,
    choices: [
      {
        message: { role: "assistant", content: text, ...(calls.length > 0 ? { tool_calls } : {}) },
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}

/** One call. */
export function call(id: string, name: string, input: unknown): Said {
  return { calls: [{ id, name, input }] };
}

/** How many results of tools the model is shown. */
export function resultsIn({ messages }: Asked): number {
  return messages.filter(({ role }) => role === "tool").length;
}
