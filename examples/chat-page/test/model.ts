import type { ModelFunction, ModelResponse } from "@perdure/inngest-bridge";

/** A model that waits in the middle of some answers until the test lets it go on. */
export interface GatedModel {
  readonly ask: ModelFunction;
  /** Lets the answer to this message go on. */
  go(message: string): void;
}

/** Answers `wait …` in two halves, `refund …` with a call, a result with what it says, and anything else with itself. */
export function gatedModel(): GatedModel {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gateOf = (message: string): PromiseWithResolvers<void> => {
    const gate = gates.get(message) ?? Promise.withResolvers<void>();
    gates.set(message, gate);
    return gate;
  };
  return {
    go: (message) => gateOf(message).resolve(),
    async ask({ messages, stream }) {
      const last = messages.at(-1);
      if (last?.role === "tool") {
        const text = last.isError ? "Not done. Bye." : `${String(last.content)} Bye.`;
        stream?.text(text);
        return { text };
      }
      const said = String(last?.content);
      if (!said.startsWith("wait ")) return atOnce(said);
      stream?.text("First half,");
      await gateOf(said).promise;
      stream?.text(" second half.");
      return { text: "First half, second half." };
    },
  };
}

function atOnce(said: string): ModelResponse {
  const [, order] = /^refund (\w+)$/.exec(said) ?? [];
  if (order === undefined) return { text: `You said ${said}.` };
  return { text: "", toolCalls: [{ id: "call_1", name: "refund", input: { order } }] };
}
