import type { Approval } from "@perdure/checkpoint-core";
import type { AgentContext } from "@perdure/inngest-bridge/agent";
import { type Ledger, ledgerOf } from "./ledger.ts";
import { type Counting, Meter } from "./meter.ts";
import type { Position } from "./position.ts";

/** One pass through a framework's own loop, from the run's first turn on. */
export abstract class Pass {
  readonly context: AgentContext;
  readonly ledger: Ledger;
  /** What the run has used; none where its framework's answers are not counted, which is held to no budgets then. */
  readonly meter: Meter | undefined;
  readonly streaming: boolean;
  /** Where the run waited when this execution began. */
  readonly position: Position | undefined;
  readonly decisions: readonly Approval[];
  /** Up to where the history was told to the model in the first turn. */
  until: string | undefined;
  /** The turn that the loop is in; its calls belong to it. */
  turn = 0;

  constructor(
    context: AgentContext,
    streaming: boolean,
    going?: { readonly position: Position; readonly decisions: readonly Approval[] },
    counting?: Counting,
  ) {
    this.context = context;
    this.streaming = streaming;
    this.position = going?.position;
    this.decisions = going?.decisions ?? [];
    this.meter = counting && new Meter(counting);
    this.ledger = ledgerOf(context, this.position?.turn ?? 0, this.meter);
  }
}
