import { checkGiven, StorageError } from "@perdure/checkpoint-core";
import type { AgentTool, ToolContext } from "../loop/contract.ts";
import type { Parameters } from "../loop/schema.ts";

/** An Inngest function that a model may have run. */
export interface InngestToolOptions {
  readonly description: string;
  readonly parameters: Parameters;
  /** The function, or a reference to one (`referenceFunction`). It is served beside the agent's. */
  readonly function: object;
  /** What it is invoked with; the call's input when not given. */
  readonly data?: (
    input: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ) => Readonly<Record<string, unknown>>;
  /** How long to wait for it, in milliseconds; an hour when not given. */
  readonly timeout?: number;
  readonly requiresApproval?: NonNullable<AgentTool["requiresApproval"]>;
}

const OPTIONS: ReadonlySet<string> = new Set<keyof InngestToolOptions>([
  "description",
  "parameters",
  "function",
  "data",
  "timeout",
  "requiresApproval",
]);

/**
 * An Inngest function as a tool: the call invokes it and waits, and what it returns is the result. Its failure, or none of it in time, is the result as an error. It has its own retries
 * and steps; an execution that takes the run over invokes it anew.
 */
export function inngestTool(options: InngestToolOptions): AgentTool {
  checkGiven("inngestTool", options, { function: "object" }, OPTIONS);
  const { function: invoked, data, timeout, ...tool } = options;
  return {
    ...tool,
    durable: "self",
    async execute(input: Readonly<Record<string, unknown>>, context: ToolContext) {
      if (!context.step)
        throw new StorageError(
          "INVALID_ARGUMENT",
          "A function is invoked by a step, and there is none.",
        );
      return context.step.invoke("invoke", {
        function: invoked,
        data: data ? data(input, context) : input,
        ...(timeout === undefined ? {} : { timeout }),
      });
    },
  };
}
