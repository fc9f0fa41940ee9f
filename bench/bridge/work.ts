import { createAgentLoop, type ModelResponse } from "@perdure/inngest-bridge";
import { newMessage } from "../message.ts";

const CALLS = 5;

/** What both functions have: a tool that answers with 1 KB at once. */
export const tools = {
  work: {
    description: "Works.",
    parameters: { type: "object" },
    execute: () => newMessage(),
  },
};

/** What the model says in a turn, at once: five tool calls, one after the other. */
export function said(turn: number): ModelResponse {
  if (turn > CALLS) return { text: "done" };
  return { text: "", toolCalls: [{ id: `c${turn}`, name: "work", input: { turn } }] };
}

/** The run of our loop: twelve steps. */
export const loop = createAgentLoop({ name: "bench", model: ({ turn }) => said(turn), tools });
