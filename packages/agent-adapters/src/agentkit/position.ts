import type { Approval } from "@perdure/checkpoint-core";
import type { Position } from "../run/position.ts";

/** Where a run of AgentKit waits for people. */
export interface KitPosition extends Position {
  /** The calls whose tools ask themselves: what is decided is handed to them. */
  readonly inside: readonly string[];
  /** What was decided in this turn before. */
  readonly decided: readonly Approval[];
}
