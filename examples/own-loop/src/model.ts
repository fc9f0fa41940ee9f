import type { AssistantMessage, Message } from "@perdure/checkpoint-core";

/** What a program of one's own has for a model call, here with the messages that our histories have too. */
export type CallModel = (messages: readonly Message[]) => Promise<AssistantMessage>;

/** A tool of such a program. */
export interface Tool {
  readonly name: string;
  /** A person must agree to each call. */
  readonly isRisky?: boolean;
  execute(input: never, call: { readonly idempotencyKey: string }): Promise<unknown>;
}

/** A stand-in for a provider's SDK, which answers by what it is shown. */
export const scriptedModel: CallModel = async (messages) => {
  const asked = messages.findLastIndex(({ role }) => role === "user");
  const results = messages.slice(asked).filter(({ role }) => role === "tool");
  if (results.length === 0) return call("look_up");
  if (String(messages[asked]?.content).includes("Refund") && results.length === 1)
    return call("refund");
  return { role: "assistant", content: `It says: ${String(results.at(-1)?.content)}` };
};

function call(name: string): AssistantMessage {
  const input = { order: "7" };
  return { role: "assistant", content: "", toolCalls: [{ id: `call-${name}`, name, input }] };
}
