import type { Price } from "@perdure/inngest-bridge/agent";
import type { Store } from "@perdure/checkpoint-core";

/** An agent of `@ziro-agent/agent`, as far as it is used: what its `createAgent` makes is one. */
export interface ZiroAgent {
  readonly name: string;
  readonly tools: Readonly<Record<string, ZiroTool>>;
  readonly checkpointer?: object;
  readonly memory?: object;
  run(options: object): Promise<ZiroRunResult>;
  resumeFromCheckpoint(threadId: string, options: object): Promise<ZiroRunResult>;
}

/** What its `defineTool` makes. */
export interface ZiroTool {
  readonly description?: string;
  readonly input: { parse(value: unknown): unknown };
  readonly requiresApproval?: unknown;
  execute(input: never, context: never): unknown;
}

/** A model of `@ziro-agent/core`. */
export interface ZiroModel {
  readonly modelId: string;
  readonly provider: string;
  generate(options: never): Promise<ZiroAnswer>;
}

/** What such a model says. */
export interface ZiroAnswer {
  readonly text: string;
  readonly content: readonly object[];
  readonly toolCalls: readonly ZiroCall[];
  readonly finishReason: string;
  readonly usage: Readonly<Record<string, unknown>> | object;
}

/** A call that it asks for. */
export interface ZiroCall {
  readonly type: "tool-call";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
}

/** What `agent.run` gives. */
export interface ZiroRunResult {
  readonly text: string;
  readonly steps: readonly {
    readonly text: string;
    readonly toolCalls: readonly unknown[];
    readonly usage: object;
  }[];
  readonly finishReason: string;
  readonly budgetExceeded?: object;
}

/** What an agent prepares for each of its steps. */
export type ZiroPrepareStep = (step: never) => unknown;

/** What an agent does not tell of itself. */
export interface ZiroTold {
  /**
   * The model that the agent was made with. Without it the agent is asked for one step of its loop, with its tools held back: so its model is called as often, and with the same. An agent with
   * `memory` needs it: its memory would be asked twice.
   */
  readonly model?: ZiroModel;
  /** The agent's own `prepareStep`, where it has one: a run brings its own, which takes the place of it. It is asked in every pass of the function, so it decides by what it is given alone. */
  readonly prepareStep?: ZiroPrepareStep;
}

/** An agent that another hands over to, with what it does not tell of itself where that is needed. */
export type ZiroHandoff = ZiroAgent | (ZiroTold & { readonly agent: ZiroAgent });

/** What a Ziro agent does not tell of itself, and what its runs are kept with. */
export interface ZiroAgentOptions extends ZiroTold {
  /**
   * The agents that it hands over to, and those that they hand over to: then each of their model calls and tool calls is a step too, and their approvals are the run's. A handoff to any other is one
   * step, done again as a whole where something in it fails.
   */
  readonly handoffs?: readonly ZiroHandoff[];
  /** What a model call costs, for the stats of a run. Ziro's budgets go by Ziro's own prices. */
  readonly price?: Price;
  /** Where runs are kept; behind the agent's checkpointer, if that is one of ours, when not given. */
  readonly store?: Store;
}
