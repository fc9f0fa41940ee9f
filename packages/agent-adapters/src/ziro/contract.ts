import type { Price } from "@perdure/inngest-bridge/agent";
import type { Store } from "@perdure/checkpoint-core";

/** An agent of `@ziro-agent/agent`, as far as it is used: what its `createAgent` makes is one. */
export interface ZiroAgent {
  readonly name: string;
  readonly tools: Readonly<Record<string, ZiroTool>>;
  readonly checkpointer?: object;
  run(options: object): Promise<ZiroRunResult>;
  resumeFromCheckpoint(threadId: string, options: object): Promise<ZiroRunResult>;
}

/** What its `defineTool` makes. */
export interface ZiroTool {
  readonly description?: string;
  readonly input: { parse(value: unknown): unknown };
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

/** What a Ziro agent does not tell of itself. */
export interface ZiroAgentOptions {
  /** The model that the agent was made with: its calls become steps, and an agent does not tell which one it has. */
  readonly model: ZiroModel;
  /** The agent's own `prepareStep`, where it has one: a run brings its own, which takes the place of it. It is asked in every pass of the function, so it decides by what it is given alone. */
  readonly prepareStep?: ZiroPrepareStep;
  /** What a model call costs, for the stats of a run. Ziro's budgets go by Ziro's own prices. */
  readonly price?: Price;
  /** Where runs are kept; behind the agent's checkpointer, if that is one of ours, when not given. */
  readonly store?: Store;
}
