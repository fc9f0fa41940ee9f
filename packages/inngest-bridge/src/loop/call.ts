import type { ToolCall, ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep, StepName } from "../agent.ts";
import { callMeter } from "../budget/callMeter.ts";
import { BudgetExceededError } from "../budget/error.ts";
import { StepFailure, Thrown } from "../steps/failure.ts";
import { outputPart } from "../streams/parts.ts";
import { delegationIn } from "../subagents/contract.ts";
import { type Below, runDelegateCall, type WaitingBelow } from "../subagents/delegateCall.ts";
import { type DueCall, readCall } from "./asked.ts";
import { idempotencyKey, shownName, stepPart } from "./key.ts";
import { doOnce, type OnceCall, type OnceOutcome } from "./once.ts";
import type { Question } from "./question.ts";
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
import type { Loop } from "./made.ts";

export type { DueCall } from "./asked.ts";

/**
 * Does one call and stores its result in one commit; one that is stored already is not done again. When its attempts are used up, the error's text becomes the
 * result, in a step of its own. Answers what a person is to be asked where the call has no result: nobody knows whether an effect happened, or an agent that works for it waits.
 */
export async function runCall(
  loop: Loop,
  context: AgentContext,
  due: DueCall,
  below: Below,
): Promise<Question | WaitingBelow | undefined> {
  const { turn, call } = due;
  const id = `tool:${turn}:${stepPart(call.id)}`;
  const name = `tool-${shownName(call.name)}`;
  const tool = Object.hasOwn(loop.tools, call.name) ? loop.tools[call.name] : undefined;
  const delegation = delegationIn(tool);
  if (tool && delegation)
    return runDelegateCall({ tool, delegation, context, due }, { id, name }, below);
  if (tool?.durable === "self") {
    await runSelfCall({ tool, agent: loop.name, price: loop.price }, context, due, { id, name });
    return undefined;
  }
  try {
    return await lookUntilDone(loop, context, due, { id, name });
  } catch (error) {
    if (!(error instanceof StepFailure) || error.origin !== "tool") throw error;
    const said = `${error.name}: ${error.message}`;
    await context.step({ id: `${id}:failed`, name: `${name}-failed` }, async (held) => {
      const stored = await storedResult(context, held, turn, call.id);
      return outcomeOf(stored ?? (await keepResult(context, held, turn, errorResult(call, said))));
    });
    return undefined;
  }
}

/** The call in a step. While another delivery may be at its effect, looks again when that one has had the time that it asked for. */
async function lookUntilDone(
  loop: Loop,
  context: AgentContext,
  due: DueCall,
  { id, name = id }: StepName,
): Promise<Question | undefined> {
  let seen: number | undefined;
  for (let round = 0; ; round += 1) {
    const at = { id: round === 0 ? id : `${id}/look:${round}`, name, shows: true };
    const ended = await context.step(at, async (held) => doCall(loop, context, held, due, seen));
    if ("unknown" in ended) return ended.unknown;
    if (!("inFlight" in ended)) return undefined;
    await context.sleep(`${id}/wait:${round}`, ended.inFlight.ms);
    ({ seen } = ended.inFlight);
  }
}

async function doCall(
  loop: Loop,
  context: AgentContext,
  held: HeldStep,
  due: DueCall,
  seen: number | undefined,
): Promise<CallOutcome | Exclude<OnceOutcome, { readonly result: ToolResult }>> {
  const { turn, call } = due;
  const stored = await storedResult(context, held, turn, call.id);
  if (stored) return outcomeOf(stored);
  const { asked, instead, question } = await readCall(context, due);
  held.show(() => ({ input: asked.input }));
  const ended = instead
    ? { result: instead }
    : await execute(loop, context, held, { turn, asked, question, seen });
  // Nobody takes the run for dead while it waits.
  if ("inFlight" in ended) await held.silence(ended.inFlight.ms);
  return "result" in ended ? outcomeOf(await keepResult(context, held, turn, ended.result)) : ended;
}

async function execute(
  { name: agent, tools, price }: Loop,
  context: AgentContext,
  { signal, stream }: HeldStep,
  call: OnceCall,
): Promise<OnceOutcome> {
  const { turn, asked } = call;
  const { store, lease, threadId, runId } = context;
  const tool = Object.hasOwn(tools, asked.name) ? tools[asked.name] : undefined;
  if (!tool) return { result: errorResult(asked, `There is no tool "${asked.name}".`) };
  const checked = await asTool(async () => checkInput(tool.parameters, asked.input));
  if (!checked.ok)
    return { result: errorResult(asked, `The input is not valid: ${checked.problem}.`) };
  const meter = callMeter({ price, context, tool: asked.name }, signal);
  const work = async (): Promise<unknown> =>
    tool.execute(checked.input as never, {
      idempotencyKey: idempotencyKey(store, lease, turn, asked.id),
      callId: asked.id,
      threadId,
      runId,
      signal: meter.signal,
      spent: meter.spent,
      stream: (delta) => stream.delta(outputPart({ runId, turn }, asked), delta),
      store,
      requestContext: context.requestContext,
      context: context.requestContext,
      agent,
      depth: context.depth,
      hasInngest: context.inngest !== undefined,
    });
  try {
    const ended =
      tool.effect === "once" ? await doOnce(context, call, work) : await plain(asked, work);
    return "result" in ended ? { result: { ...ended.result, ...meter.extra() } } : ended;
  } catch (error) {
    const exceeded = meter.exceeded(error instanceof Thrown ? error.cause : error);
    if (!exceeded) throw error;
    const { message } = new BudgetExceededError(exceeded);
    return { result: { ...errorResult(asked, message), ...meter.extra() } };
  } finally {
    meter.stop();
  }
}

async function plain(asked: ToolCall, work: () => Promise<unknown>): Promise<OnceOutcome> {
  return { result: { ...resultOf(asked), content: (await asTool(work)) ?? null } };
}

async function asTool<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Thrown("tool", error);
  }
}
