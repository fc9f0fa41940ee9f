import type { Approval } from "@perdure/checkpoint-core";
import type { AgentContext } from "@perdure/inngest-bridge/agent";
import type { ToolSet } from "ai";
import { type Ledger, ledgerOf } from "../run/ledger.ts";
import type { Position } from "../run/position.ts";

/** A call that waits for a person. */
export interface WaitingCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
}

/** One pass through the SDK's loop, from the run's first turn on. */
export class AiRun {
  readonly context: AgentContext;
  readonly ledger: Ledger;
  readonly streaming: boolean;
  /** Where the run waited when this execution began. */
  readonly position: Position | undefined;
  readonly decisions: readonly Approval[];
  /** Up to where the history was told to the model in the first turn. */
  until: string | undefined;
  /** The tools as they were given: one without `execute` is carried out elsewhere. */
  elsewhere: ToolSet = {};
  /** The calls of the present turn that nobody has decided on. */
  readonly waiting: WaitingCall[] = [];
  #turn = 0;

  constructor(
    context: AgentContext,
    streaming: boolean,
    going?: { readonly position: Position; readonly decisions: readonly Approval[] },
  ) {
    this.context = context;
    this.streaming = streaming;
    this.position = going?.position;
    this.decisions = going?.decisions ?? [];
    this.ledger = ledgerOf(context, this.position?.turn ?? 0);
  }

  /** The turn that the loop is in; its calls belong to it. */
  get turn(): number {
    return this.#turn;
  }

  nextTurn(): number {
    this.ledger.check();
    this.waiting.length = 0;
    this.#turn += 1;
    return this.#turn;
  }
}
