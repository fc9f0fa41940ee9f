import { shownPrompt } from "@perdure/inngest-bridge/agent";

/** A call as a model of the AI SDK's interface gets it. */
interface ModelCall {
  readonly prompt: unknown;
  readonly tools?: readonly { readonly name: string }[];
}

/** What the step of a model's call shows. */
export function shownCall(
  turn: number,
  { prompt, tools = [] }: ModelCall,
): Readonly<Record<string, unknown>> {
  return shownPrompt({ turn, messages: prompt, tools: tools.map(({ name }) => name) });
}
