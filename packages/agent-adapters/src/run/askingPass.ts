import { Pass } from "./pass.ts";

/** A call that waits for a person. */
export interface WaitingCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
}

/** A pass through a loop whose model calls are the run's turns, one after the other. */
export abstract class AskingPass extends Pass {
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
