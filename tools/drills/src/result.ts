import type { Outcome } from "./outcome.ts";

/** What a drill has seen, in one line, and whether it is what was promised. */
export interface DrillResult {
  readonly name: string;
  readonly passed: boolean;
  readonly line: string;
  /** Where it is a row of the fault table. */
  readonly row?: FaultRow;
}

/** A row of the table: how often it happened, and what came of it. */
export interface FaultRow {
  readonly times: number;
  readonly outcome: Outcome;
}
