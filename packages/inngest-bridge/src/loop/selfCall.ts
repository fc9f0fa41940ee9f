import type { ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, StepName } from "../agent.ts";
import { callMeter } from "../budget/callMeter.ts";
import { BudgetExceededError } from "../budget/error.ts";
import { Lost } from "../held.ts";
import type { Price } from "../stats/contract.ts";
import { excerptOf } from "../steps/excerpt.ts";
import { describe, StepFailure } from "../steps/failure.ts";
import { toolStep } from "../steps/toolStep.ts";
import { type DueCall, readCall } from "./asked.ts";
import type { AgentTool } from "./contract.ts";
import { idempotencyKey, stepPart } from "./key.ts";
import { errorResult, keepResult, outcomeOf, resultOf, storedResult } from "./result.ts";
import { checkInput } from "./schema.ts";

/** A tool, and what model calls cost that it counts. */
interface PricedTool {
  readonly tool: AgentTool;
  /** The name of the one that calls it. */
  readonly agent: string;
  readonly price: Price | undefined;
}

/** What the first step of the call found. */
type Begun =
  | { readonly done: true }
  /** The input as the model or a person gave it; read again where it is too large for a step. */
  | {
      readonly done: false;
      /** When the call began, where its time is limited. */
      readonly at?: number;
      readonly given: { readonly whole: unknown } | { readonly large: true };
    };

/**
 * Does a call of a tool that makes its own steps: one step before, which finds out whether it is to run, the tool's own, and one behind that stores its result. Until then
 * the tool's code is gone through in every pass of the function.
 */
export async function runSelfCall(
  { tool, agent, price }: PricedTool,
  context: AgentContext,
  due: DueCall,
  { id, name = id }: StepName,
): Promise<void> {
  const begun = await begin(context, due, { id, name });
  if (begun.done) return;
  const input =
    "whole" in begun.given ? begun.given.whole : (await readCall(context, due)).asked.input;
  const result = await carryOut({ tool, agent, price }, context, due, { id, input, at: begun.at });
  const { turn, call } = due;
  await context.step({ id: `${id}:result`, name: `${name}-result` }, async (held) => {
    await held.heard(`${id}/`);
    const stored = await storedResult(context, held, turn, call.id);
    return outcomeOf(stored ?? (await keepResult(context, held, turn, result)));
  });
}

async function begin(context: AgentContext, due: DueCall, step: StepName): Promise<Begun> {
  const { turn, call } = due;
  return context.step({ ...step, shows: true }, async (held) => {
    if (await storedResult(context, held, turn, call.id)) return { done: true };
    const { asked, instead } = await readCall(context, due);
    held.show(() => ({ input: asked.input }));
    if (instead) {
      await keepResult(context, held, turn, instead);
      return { done: true };
    }
    const excerpt = excerptOf(asked.input);
    const isTimed = context.options.toolBudget?.maxDurationMs !== undefined;
    return {
      done: false,
      ...(isTimed ? { at: Date.now() } : {}),
      given: "whole" in excerpt ? excerpt : { large: true },
    };
  });
}

async function carryOut(
  { tool, agent, price }: PricedTool,
  context: AgentContext,
  { turn, call }: DueCall,
  {
    id,
    input,
    at,
  }: { readonly id: string; readonly input: unknown; readonly at: number | undefined },
): Promise<ToolResult> {
  const { store, lease, threadId, runId } = context;
  const key = idempotencyKey(store, lease, turn, call.id);
  const meter = callMeter({ price, context, tool: call.name }, new AbortController().signal, at);
  const unread: unknown[] = [];
  const step = toolStep(context, {
    prefix: `${id}/`,
    key,
    turn,
    named: piecesOf(call.id),
    unread: (error) => unread.push(error),
  });
  try {
    const checked = await checkInput(tool.parameters, input);
    if (!checked.ok) return errorResult(call, `The input is not valid: ${checked.problem}.`);
    const content = await tool.execute(checked.input as never, {
      idempotencyKey: key,
      callId: call.id,
      threadId,
      runId,
      signal: meter.signal,
      spent: meter.spent,
      // Outside of a step there is no saying what was said before.
      stream: () => undefined,
      store,
      requestContext: context.requestContext,
      context: context.requestContext,
      agent,
      depth: context.depth,
      hasInngest: context.inngest !== undefined,
      step,
    });
    if (unread.length > 0) throw unread[0];
    return { ...resultOf(call), content: content ?? null, ...meter.extra() };
  } catch (error) {
    if (unread.length > 0) throw unread[0];
    if (error instanceof Lost || isOurs(error)) throw error;
    const exceeded = meter.exceeded(error);
    const said = describe(exceeded ? new BudgetExceededError(exceeded) : error);
    return { ...errorResult(call, `${said.name}: ${said.message}`), ...meter.extra() };
  } finally {
    meter.stop();
  }
}

/** Names what the steps of a call give, in the order in which they are made. Call ids of providers look otherwise. */
function piecesOf(callId: string): (step: StepName) => string {
  const counts = new Map<string, number>();
  return ({ id }) => {
    const own = stepPart(id);
    const nth = (counts.get(own) ?? 0) + 1;
    counts.set(own, nth);
    return `~${stepPart(callId)}/${own}:${nth}`;
  };
}

/** A failure of the bridge or the store in one of the tool's steps: it ends the run as it would anywhere else, and is no answer to the model. */
function isOurs(error: unknown): boolean {
  return error instanceof StepFailure && (error.origin === "store" || error.origin === "bridge");
}
