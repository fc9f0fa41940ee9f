import type { Expression } from "./expression.ts";

/** A run that waits for an event, for a signal, for the run that it invoked, or to be cancelled by an event. */
export interface Wait {
  readonly runId: string;
  /** The step that waits; a cancellation has none. */
  readonly step?: string;
  readonly kind: "event" | "signal" | "invoke" | "cancel";
  /** The event's or the signal's name; of an invocation, its correlation id. */
  readonly on: string;
  readonly condition?: Expression;
  readonly until: number;
  readonly race: boolean;
}
