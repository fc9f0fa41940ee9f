import { AsyncLocalStorage } from "node:async_hooks";
import type { ChatMessage } from "./conversation.ts";
import type { Agent, HandoffSpec, Tool } from "./shapes.ts";

/** The conversation of the loop that is gone through, and how many have handed over to it. */
interface Frame {
  messages: ChatMessage[];
  readonly depth: number;
}

export const conversations = new AsyncLocalStorage<Frame>();

/** The tool that hands the conversation over. It is only known within the loop that it belongs to. */
export function handoffTool(
  handoff: Agent | HandoffSpec,
  maxDepth: number,
): readonly [string, Tool] {
  const { agent, inputFilter = (messages) => messages }: HandoffSpec =
    "run" in handoff ? { agent: handoff } : handoff;
  const name = `transfer_to_${agent.name.toLowerCase().replaceAll(/[^a-z0-9_]+/g, "_")}`;
  const execute: Tool["execute"] = async (_, { abortSignal, metadata }) => {
    const frame = conversations.getStore();
    if (!frame) throw new Error("A handoff was invoked outside of an agent's run.");
    const depth = frame.depth + 1;
    if (depth > maxDepth) throw new Error(`Handoff depth ${depth} exceeded max ${maxDepth}.`);
    const messages = inputFilter(frame.messages);
    const { text } = await conversations.run({ messages, depth }, async () =>
      agent.run({
        messages,
        ...(abortSignal ? { abortSignal } : {}),
        ...(metadata ? { metadata } : {}),
      }),
    );
    return text;
  };
  return [name, { name, input: { parse: (value) => value }, execute }];
}
