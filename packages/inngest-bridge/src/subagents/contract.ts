import type { DurableAgent } from "../agent.ts";
import type { AgentTool } from "../loop/contract.ts";
import type { Parameters } from "../loop/schema.ts";

/** How a model may have another agent do a piece of work and wait for its answer. */
export interface DelegateOptions<Input = Readonly<Record<string, unknown>>> {
  /** What the model is told that the agent is for. */
  readonly description: string;
  /** What the model gives the agent: a `prompt` when not given. */
  readonly parameters?: Parameters;
  /** What the agent is asked, made of the call's input; its `prompt` when not given. Called in a step. */
  readonly prompt?: (input: Input) => string;
  /** How many agents may stand above the agent, the one that calls included; 3 when not given. Where there are more, the model is told so and no run is made. */
  readonly maxDepth?: number;
  /** Whether a person has to agree first. What the agent itself needs a person for is asked in any case. */
  readonly requiresApproval?: NonNullable<AgentTool<Input>["requiresApproval"]>;
}

/** How a model may start a run of another agent. */
export interface StartedOptions<Input = Readonly<Record<string, unknown>>>
  extends DelegateOptions<Input> {
  /** The thread of the run, made of the call's input; one of the run's own when not given. Never let a model choose among threads that are not its user's. */
  readonly threadId?: (input: Input) => string;
}

/** How a model may have another agent begin a run at a time. */
export interface ScheduleOptions<Input = Readonly<Record<string, unknown>>>
  extends StartedOptions<Input> {
  /** When, made of the call's input; its `at` or `afterSeconds` when not given. Called once, in a step. */
  readonly at?: (input: Input, now: Date) => Date;
}

/** What tells a tool for which another agent works from other tools. */
export const DELEGATE: unique symbol = Symbol("delegate");

/** What a call of such a tool is carried out with. */
export interface Delegation {
  readonly agent: DurableAgent;
  /** Throws `INVALID_ARGUMENT` where the input makes no prompt. */
  readonly promptOf: (input: unknown) => string;
  readonly maxDepth: number;
}

/** A tool for which another agent works. */
export type DelegateTool = AgentTool & { readonly [DELEGATE]: Delegation };

/** What a tool delegates, where it does. */
export function delegationIn(tool: AgentTool | undefined): Delegation | undefined {
  return tool && DELEGATE in tool ? (tool as DelegateTool)[DELEGATE] : undefined;
}

/** Agents above one when nothing else is said. */
export const MAX_DEPTH = 3;
