import type { AskingCall } from "../run/position.ts";

/** A call that waits for a person; `id` is what the question goes by. */
export interface MastraCall extends AskingCall {
  /** The call's own id. */
  readonly call: string;
  /** How many questions there have been on the call, with this one. */
  readonly times: number;
  /** There where the tool itself has asked (`suspend`), and not its approval: what it told. */
  readonly suspended?: { readonly payload: unknown };
  /** What a person has put in the place of the model's input before. */
  readonly input?: unknown;
}

/** What a question on a call goes by: the first by the call's id. */
export function questionId(callId: string, times: number): string {
  return times === 1 ? callId : `${callId}~${times}`;
}
