import { setTimeout as pause } from "node:timers/promises";
import type { ModelFunction } from "@perdure/inngest-bridge";

/** Stands in for a provider: it asks for a refund where an order is named, and says its answer word by word. */
export function stubModel(msPerWord: number): ModelFunction {
  return async ({ messages, turn, stream }) => {
    const last = messages.at(-1);
    const said = last?.role === "user" ? String(last.content) : "";
    const [, order] = /refund (?:order )?#?(\w+)/i.exec(said) ?? [];
    if (order !== undefined)
      return { text: "", toolCalls: [{ id: `refund-${turn}`, name: "refund", input: { order } }] };
    const text =
      last?.role === "tool"
        ? last.isError
          ? "As you wish: nothing was refunded."
          : `${String(last.content)} Is there anything else?`
        : `You said “${said}”. Ask me to refund an order, such as #42, and I will ask you before I do it.`;
    for (const word of text.split(/(?<= )/)) {
      stream?.text(word);
      await pause(msPerWord);
    }
    return { text };
  };
}
