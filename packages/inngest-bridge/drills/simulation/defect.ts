import type { Backend, Store } from "@perdure/checkpoint-core";
import type { AsStepResult, DurableAgent, ToolContext } from "../../src/index.ts";

/** An event on its way to Inngest. */
export interface Leaving {
  readonly id?: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A rule of the protocol that is deliberately broken, and what is put in its place. Each part is asked once for each process. */
export interface Defect {
  readonly id: string;
  /** What it does wrong. */
  readonly does: string;
  /** The engine as a process reaches it. */
  readonly backend?: (engine: Backend) => Partial<Backend>;
  readonly store?: (right: Store) => Partial<Store>;
  readonly agent?: (right: DurableAgent) => Partial<DurableAgent>;
  /** What a tool is given. */
  readonly call?: (context: ToolContext) => ToolContext;
  /** What a function that somebody has written is told of a run, in each of its passes. */
  readonly told?: (right: AsStepResult, store: Store) => Promise<AsStepResult>;
  /** Events as they leave a process; none where one is not sent. */
  readonly leaving?: (event: Leaving) => Leaving | undefined;
}
