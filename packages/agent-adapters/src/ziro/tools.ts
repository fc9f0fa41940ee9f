import type { ToolResult } from "@perdure/checkpoint-core";
import { errorResult, resultOf, type HeldStep } from "@perdure/inngest-bridge/agent";
import { callIn } from "../run/callIn.ts";
import type { LedgerCall } from "../run/contract.ts";
import { insideCall } from "../run/currentCall.ts";
import { decisionOn } from "../run/position.ts";
import { isHandoff } from "./agents.ts";
import { currentBelow, idIn } from "./below.ts";
import { keptCall } from "./calls.ts";
import { withholding } from "./checkpointer.ts";
import type { ZiroAgent, ZiroTool } from "./contract.ts";
import { handedOver, handOver, isMadeOfSteps } from "./handoff.ts";
import { install } from "./install.ts";
import { currentRun, surroundings, type ZiroRun } from "./run.ts";
import { isSuspension } from "./snapshot.ts";
import { isAsked } from "./throughAgent.ts";

interface ToolContext {
  readonly toolCallId: string;
  readonly abortSignal?: AbortSignal;
}

type Execute = (input: unknown, context: ToolContext) => unknown;

const installed = new WeakSet<object>();

/** From now on each call of the agent's tools is a step, where the agent works for a run of ours; anywhere else they do what they did. */
export function installTools({ tools }: ZiroAgent): void {
  for (const [name, tool] of Object.entries(tools)) {
    if (installed.has(tool)) continue;
    installTool(name, tool);
    installed.add(tool);
  }
}

function installTool(name: string, tool: ZiroTool): void {
  const execute = tool.execute.bind(tool) as Execute;
  const gate = tool.requiresApproval;
  const value = async (input: unknown, context: ToolContext): Promise<unknown> => {
    if (isAsked()) return null;
    const run = currentRun();
    return run ? inRun(run, name, { input, context, execute }) : execute(input, context);
  };
  const gated = (input: unknown, context: ToolContext): unknown => {
    const run = currentRun();
    return run && asks(run, name, { input, context, execute }, gate);
  };
  const get = (): unknown => {
    if (isAsked()) return false;
    return currentRun() ? gated : gate;
  };
  install(`The tool "${name}"`, tool, "execute", { value });
  install(`The tool "${name}"`, tool, "requiresApproval", { get });
}

interface Given {
  readonly input: unknown;
  readonly context: ToolContext;
  readonly execute: Execute;
}

/** Whether a person is to be asked: where one has decided already, whatever the tool says now; and of a call that hands over, whether anybody below waits for one. It is done here, ahead of its call: so Ziro suspends as for any call that waits. */
async function asks(
  run: ZiroRun,
  name: string,
  { input, context, execute }: Given,
  gate: unknown,
): Promise<boolean> {
  const id = idIn(currentBelow(), context.toolCallId);
  if (isMadeOfSteps(run, name)) return handOver(run, { id, name }, () => execute(input, context));
  if (decisionOn(run.decisions, run.turn, id)) return true;
  const asked: unknown = typeof gate === "function" ? await gate(input, context) : gate;
  return Boolean(asked);
}

async function inRun(run: ZiroRun, name: string, given: Given): Promise<unknown> {
  const below = currentBelow();
  const call = { id: idIn(below, given.context.toolCallId), name };
  if (isMadeOfSteps(run, name)) return outputIn(await handedOver(run, call));
  const there = surroundings();
  const result = await keptCall(run, below, call, async (held) => {
    const decided = decisionOn(run.decisions, run.turn, call.id)?.decision;
    if (decided?.kind === "answer") return { ...resultOf(call), content: decided.value };
    try {
      const content = await there(held, async () => within(run, call, given, held));
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
  "The agent that works inside of it wants a person's approval, and can only wait for one where it is handed over to and named in `handoffs`.";

function isSwallowed({ native }: ToolResult): boolean {
  return native?.of === SWALLOWED_BELOW.of && native.value === SWALLOWED_BELOW.value;
}

/** The tool's own work, in its step: what it calls there of this agent or another makes no steps of its own. */
async function within(
  { context, turn }: ZiroRun,
  call: LedgerCall,
  { input, context: given, execute }: Given,
  held: HeldStep,
): Promise<unknown> {
  const about = callIn(context, turn, call, held);
  held.show(() => ({ input }));
  const { signal } = held;
  const { abortSignal = signal } = given;
  const both = AbortSignal.any([abortSignal, signal]);
  const work = async (): Promise<unknown> => execute(input, { ...given, abortSignal: both });
  return insideCall(about, async () => (isHandoff(call.name) ? withholding(work) : work()));
}

/** The output that is stored; Ziro tells the model of an error that is thrown. */
function outputIn({ content, isError = false }: ToolResult): unknown {
  if (!isError) return content;
  throw new Error(typeof content === "string" ? content : JSON.stringify(content));
}
