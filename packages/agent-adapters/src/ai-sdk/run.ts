import type { ToolSet } from "ai";
import { Pass } from "../run/pass.ts";

/** A call that waits for a person. */
export interface WaitingCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
}

/** One pass through the SDK's loop, from the run's first turn on. */
export class AiRun extends Pass {
  /** The tools as they were given: one without `execute` is carried out elsewhere. */
  elsewhere: ToolSet = {};
  /** The calls of the present turn that nobody has decided on. */
  readonly waiting: WaitingCall[] = [];

  /** Goes on to the next one. */
  nextTurn(): number {
    this.ledger.check();
    this.waiting.length = 0;
    this.turn += 1;
    return this.turn;
  }
}
