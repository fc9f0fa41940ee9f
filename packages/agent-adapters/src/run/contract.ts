import type { Answer, ToolResult } from "@perdure/checkpoint-core";
import type { HeldStep, SpentCall, StepName } from "@perdure/inngest-bridge/agent";

/** A call of a turn. */
export interface LedgerCall {
  readonly id: string;
  readonly name: string;
}

/**
 * What a run's model calls and tool calls gave, in a framework's own loop: each is a step, stored once under its turn and call, and every pass through the loop gets what
 * is stored. So the loop may be gone through again from its start as often as it takes.
 */
export interface Ledger {
  /**
   * The answer of a turn: the stored one, or what `ask` gives, stored before it is answered. What `ask` throws is tried again. Where the run's budgets leave no room for it, or for what it asks, the
   * pass ends (`UsedUp`).
   */
  answer(turn: number, ask: (held: HeldStep) => Promise<Answer>): Promise<Answer>;
  /**
   * The result of a call of the turn's answer: the stored one, or what `work` gives. What `work` throws is tried again; when its attempts are used up the error's text is the result, with
   * `isError`.
   */
  result(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<ToolResult>,
  ): Promise<ToolResult>;
  /**
   * The same for a call whose work may ask a person: then what it asks is answered, and nothing is stored of it. `round` tells the tries of one call apart that an answer lies between.
   */
  resultOrQuestion(
    turn: number,
    call: LedgerCall,
    round: number,
    work: (held: HeldStep) => Promise<ToolResult | Question>,
  ): Promise<ToolResult | Question>;
  /**
   * The same for what an agent inside of a call does: stored under the turn, and told to nobody. What it throws, when its attempts are used up, is thrown. A model's answer is told by `usedIn`, which
   * says what it has used.
   */
  inner(
    turn: number,
    call: LedgerCall,
    work: (held: HeldStep) => Promise<unknown>,
    usedIn?: (content: unknown) => SpentCall,
  ): Promise<unknown>;
  /** A step of the loop's own, that nothing else is stored of: its value is kept in this execution. */
  step<T>(name: StepName, work: (held: HeldStep) => Promise<T>): Promise<T>;
  /** What is stored of a turn that was over, or waited for a person, when this execution began; `undefined` for any other. */
  past(turn: number): Promise<PastTurn | undefined>;
  /** Throws what has ended this pass. A framework may take it for a tool's failure and go on: to be asked before anything is believed. */
  check(): void;
  /** The pass ends with this error, whatever a framework makes of it: to be thrown. */
  end(error: Error): Error;
}

/** What a tool asks a person while it works. */
export interface Question {
  readonly asks: unknown;
}

/** Whether a call's work has ended with a question. */
export function isQuestion(value: ToolResult | Question): value is Question {
  return "asks" in value;
}

/** What was stored of a turn before this execution. */
export interface PastTurn {
  readonly answer: Answer;
  readonly results: ReadonlyMap<string, ToolResult>;
}
