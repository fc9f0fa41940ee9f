import type { ToolResult } from "@perdure/checkpoint-core";
import { errorResult, resultOf, type HeldStep } from "@perdure/inngest-bridge/agent";
import { callIn } from "../run/callIn.ts";
import { insideCall } from "../run/currentCall.ts";
import { decisionOn } from "../run/position.ts";
import type { ZiroAgent, ZiroTool } from "./contract.ts";
import { currentRun, surroundings, type ZiroRun } from "./run.ts";

interface ToolContext {
  readonly toolCallId: string;
  readonly abortSignal?: AbortSignal;
}

type Execute = (input: unknown, context: ToolContext) => unknown;

const installed = new WeakSet<object>();

/**
 * From now on each call of the agent's tools is a step, where the agent works for a run of ours; anywhere else they do what they did. Its checkpointer keeps no suspension of such a run: the run
 * itself does, under its own thread.
 */
export function install({ tools, checkpointer }: ZiroAgent): void {
  for (const [name, tool] of Object.entries(tools)) installTool(name, tool);
  if (checkpointer && "put" in checkpointer && !installed.has(checkpointer)) {
    installed.add(checkpointer);
    const put = checkpointer.put as (...given: unknown[]) => Promise<string>;
    replace(checkpointer, "put", async (...given: unknown[]) =>
      currentRun() ? "kept by its run" : put.apply(checkpointer, given),
    );
  }
}

function installTool(name: string, tool: ZiroTool): void {
  if (installed.has(tool)) return;
  installed.add(tool);
  const execute = tool.execute.bind(tool) as Execute;
  replace(tool, "execute", async (input: unknown, context: ToolContext) => {
    const run = currentRun();
    return run ? inRun(run, name, { input, context, execute }) : execute(input, context);
  });
}

function replace(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}

interface Given {
  readonly input: unknown;
  readonly context: ToolContext;
  readonly execute: Execute;
}

async function inRun(run: ZiroRun, name: string, given: Given): Promise<unknown> {
  const { turn, ledger } = run;
  const call = { id: given.context.toolCallId, name };
  const there = surroundings();
  const result = await ledger.result(turn, call, async (held) => {
    const decided = decisionOn(run.decisions, turn, call.id)?.decision;
    if (decided?.kind === "answer") return { ...resultOf(call), content: decided.value };
    try {
      const content = await there(held, async () => within(run, turn, call, given, held));
      return { ...resultOf(call), content: content ?? null };
    } catch (error) {
      if (!isSuspension(error)) throw error;
      return { ...errorResult(call, SWALLOWED), native: SWALLOWED_BELOW };
    }
  });
  if (isSwallowed(result))
    run.break(new Error(`The call ${call.id} of "${name}" cannot go on. ${SWALLOWED}`));
  return outputIn(result);
}

const SWALLOWED_BELOW = { of: "ziro", value: "suspended below" } as const;
const SWALLOWED =
  "The agent that the conversation was handed to wants a person's approval, and an agent that is called as a tool cannot wait for one.";

/** Ziro's brand: it outlives copies of its class. */
export function isSuspension(error: unknown): error is { readonly snapshot: unknown } {
  return typeof error === "object" && error !== null && "__ziro_suspended__" in error;
}

function isSwallowed({ native }: ToolResult): boolean {
  return native?.of === SWALLOWED_BELOW.of && native.value === SWALLOWED_BELOW.value;
}

/** The tool's own work, in its step: what it calls there of this agent or another makes no steps of its own. */
async function within(
  { context }: ZiroRun,
  turn: number,
  { id, name }: { readonly id: string; readonly name: string },
  { input, context: given, execute }: Given,
  held: HeldStep,
): Promise<unknown> {
  const call = callIn(context, turn, { id, name }, held);
  const { signal } = held;
  const { abortSignal = signal } = given;
  const both = AbortSignal.any([abortSignal, signal]);
  return insideCall(call, async () => execute(input, { ...given, abortSignal: both }));
}

/** The output that is stored; Ziro tells the model of an error that is thrown. */
function outputIn({ content, isError = false }: ToolResult): unknown {
  if (!isError) return content;
  throw new Error(typeof content === "string" ? content : JSON.stringify(content));
}
