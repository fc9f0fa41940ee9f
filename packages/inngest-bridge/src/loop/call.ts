import type { ToolCall, ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { StepFailure, Thrown } from "../steps/failure.ts";
import { outputPart } from "../streams/parts.ts";
import { type DueCall, readCall } from "./asked.ts";
import { idempotencyKey, shownName, stepPart } from "./key.ts";
import {
  type CallOutcome,
  errorResult,
  keepResult,
  outcomeOf,
  resultOf,
  storedResult,
} from "./result.ts";
import { checkInput } from "./schema.ts";
import { runSelfCall } from "./selfCall.ts";
import type { Loop } from "./think.ts";

export type { DueCall } from "./asked.ts";

/**
 * Does one call and stores its result in one commit; one that is stored already is not done again. When its attempts are used up, the error's text becomes the
 * result, in a step of its own.
 */
export async function runCall(loop: Loop, context: AgentContext, due: DueCall): Promise<void> {
  const { turn, call } = due;
  const id = `tool:${turn}:${stepPart(call.id)}`;
  const name = `tool-${shownName(call.name)}`;
  const tool = Object.hasOwn(loop.tools, call.name) ? loop.tools[call.name] : undefined;
  if (tool?.durable === "self") return runSelfCall(tool, context, due, { id, name });
  try {
    await context.step({ id, name }, async (held) => doCall(loop, context, due, held));
  } catch (error) {
    if (!(error instanceof StepFailure) || error.origin !== "tool") throw error;
    const said = `${error.name}: ${error.message}`;
    await context.step({ id: `${id}:failed`, name: `${name}-failed` }, async (held) => {
      const stored = await storedResult(context, held, turn, call.id);
      return outcomeOf(stored ?? (await keepResult(context, held, turn, errorResult(call, said))));
    });
  }
}

async function doCall(
  loop: Loop,
  context: AgentContext,
  due: DueCall,
  held: HeldStep,
): Promise<CallOutcome> {
  const { turn, call } = due;
  const stored = await storedResult(context, held, turn, call.id);
  if (stored) return outcomeOf(stored);
  const { asked, instead } = await readCall(context, due);
  const result = instead ?? (await execute(loop, context, held, { turn, asked }));
  return outcomeOf(await keepResult(context, held, turn, result));
}

async function execute(
  { tools }: Loop,
  context: AgentContext,
  { signal, stream }: HeldStep,
  { turn, asked }: { readonly turn: number; readonly asked: ToolCall },
): Promise<ToolResult> {
  const { store, lease, threadId, runId } = context;
  const tool = Object.hasOwn(tools, asked.name) ? tools[asked.name] : undefined;
  if (!tool) return errorResult(asked, `There is no tool "${asked.name}".`);
  try {
    const checked = await checkInput(tool.parameters, asked.input);
    if (!checked.ok) return errorResult(asked, `The input is not valid: ${checked.problem}.`);
    const content = await tool.execute(checked.input as never, {
      idempotencyKey: idempotencyKey(store, lease, turn, asked.id),
      callId: asked.id,
      threadId,
      runId,
      signal,
      stream: (delta) => stream.delta(outputPart({ runId, turn }, asked), delta),
      store,
      requestContext: context.requestContext,
    });
    return { ...resultOf(asked), content: content ?? null };
  } catch (error) {
    throw new Thrown("tool", error);
  }
}
