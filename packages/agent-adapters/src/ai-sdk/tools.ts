import type { Approval, ToolResult } from "@perdure/checkpoint-core";
import { type HeldStep, resultOf } from "@perdure/inngest-bridge/agent";
import { dynamicTool, jsonSchema, type Tool, type ToolExecutionOptions, type ToolSet } from "ai";
import { callIn } from "../run/callIn.ts";
import { insideCall } from "../run/currentCall.ts";
import { decisionOn } from "../run/position.ts";
import { lastOutput } from "./lastOutput.ts";
import type { AiRun } from "./run.ts";

type Execute = (input: unknown, options: ToolExecutionOptions<never>) => unknown;

/** The tools as one run has them: each call is a step, and gives what is stored of it. One without `execute` waits for its answer. */
export function toolsInRun(run: AiRun, tools: ToolSet): ToolSet {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, inRun(run, name, tool as Tool)]),
  ) as ToolSet;
}

/** The tools that whoever started the run carries out. */
export function clientTools({ context: { options } }: AiRun): ToolSet {
  const all = Object.entries(options.clientTools ?? {});
  return Object.fromEntries(
    all.map(([name, { description, parameters }]) => [
      name,
      dynamicTool({
        description,
        inputSchema: jsonSchema(parameters),
        execute: undefined as never,
      }),
    ]),
  );
}

/** Whether somebody else does its work: a person, or the caller's own code. */
export function isCarriedOutElsewhere(tool: Tool | undefined): boolean {
  return tool !== undefined && tool.type !== "provider" && tool.execute === undefined;
}

function inRun(run: AiRun, name: string, tool: Tool): Tool {
  if (tool.type === "provider" && tool.execute === undefined) return tool;
  const given = tool.execute as Execute | undefined;
  const execute: Execute = async (input, options) => {
    const { turn, ledger } = run;
    const call = { id: options.toolCallId, name };
    const decision = decisionOn(run.decisions, turn, call.id);
    const result = await ledger.result(turn, call, async (held) => ({
      ...resultOf(call),
      content:
        (await outputOf(run, { ...call, turn, input, decision, options, given }, held)) ?? null,
    }));
    return outputIn(result);
  };
  return { ...tool, execute } as Tool;
}

interface ToolCallInRun {
  readonly id: string;
  readonly name: string;
  readonly turn: number;
  readonly input: unknown;
  readonly decision: Approval | undefined;
  readonly options: ToolExecutionOptions<never>;
  readonly given: Execute | undefined;
}

/** What the tool gives, for the input that a person agreed to; or what a person said in its place. */
async function outputOf(
  { context }: AiRun,
  { id, name, turn, input, decision, options, given }: ToolCallInRun,
  held: HeldStep,
): Promise<unknown> {
  const { decision: decided } = decision ?? {};
  if (decided?.kind === "answer") return decided.value;
  if (!given) throw new Error(`"${name}" is carried out by whoever answers its call.`);
  const call = callIn(context, turn, { id, name }, held);
  const approved =
    decided?.kind === "approve" && decided.input !== undefined ? decided.input : input;
  held.show(() => ({ input: approved }));
  const { signal } = held;
  const { abortSignal = signal } = options;
  return insideCall(call, async () =>
    lastOutput(
      await given(approved, { ...options, abortSignal: AbortSignal.any([abortSignal, signal]) }),
    ),
  );
}

/** The output that is stored; the SDK tells the model of an error that is thrown. */
function outputIn({ content, isError = false }: ToolResult): unknown {
  if (!isError) return content;
  throw new Error(typeof content === "string" ? content : JSON.stringify(content));
}
