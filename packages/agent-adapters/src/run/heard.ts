import { callPart, type HeldStep, textPart } from "@perdure/inngest-bridge/agent";

/** Hears an answer while it comes. */
export interface Listener {
  readonly text: (delta: string) => void;
  readonly toolCall: (call: { readonly id: string; readonly name: string }, delta: string) => void;
}

/** The readers of a run's stream, who hear the answer of one of its turns. */
export function readersOf(
  { stream }: Pick<HeldStep, "stream">,
  place: { readonly runId: string; readonly turn: number },
): Listener {
  return {
    text: (delta) => stream.delta(textPart(place), delta),
    toolCall: (call, delta) => stream.delta(callPart(place, call), delta),
  };
}
