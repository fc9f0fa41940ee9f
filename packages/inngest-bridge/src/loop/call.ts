import {
  type Approval,
  isStorageError,
  LeaseLostError,
  type ToolCall,
  type ToolResult,
} from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Glimpse, glimpseOf } from "../steps/excerpt.ts";
import { StepFailure, Thrown } from "../steps/failure.ts";
import { outputPart } from "../streams/parts.ts";
import { idempotencyKey, shownName, stepPart } from "./key.ts";
import type { OpenCall } from "./position.ts";
import { checkInput } from "./schema.ts";
import { tellResult } from "./telling.ts";
import type { Loop } from "./think.ts";

/** A call of a turn that may run now. */
export interface DueCall {
  readonly turn: number;
  readonly call: OpenCall;
  /** The decision on it, where it needed one. */
  readonly decision?: Pick<Approval, "id">;
}

/** What a tool's step leaves in the run; the result is read from the store. */
interface CallOutcome extends Glimpse {
  readonly callId: string;
  readonly isError: boolean;
}

/**
 * Does one call and stores its result in one commit; one that is stored already is not done again. When its attempts are used up, the error's text becomes the
 * result, in a step of its own.
 */
export async function runCall(loop: Loop, context: AgentContext, due: DueCall): Promise<void> {
  const { turn, call } = due;
  const id = `tool:${turn}:${stepPart(call.id)}`;
  const name = `tool-${shownName(call.name)}`;
  try {
    await context.step({ id, name }, async (held) => doCall(loop, context, due, held));
  } catch (error) {
    if (!(error instanceof StepFailure) || error.origin !== "tool") throw error;
    const said = `${error.name}: ${error.message}`;
    await context.step({ id: `${id}:failed`, name: `${name}-failed` }, async (held) => {
      const stored = await storedResult(context, turn, call.id);
      const result = stored ?? (await keep(held, turn, errorResult(call, said)));
      tellResult(held.stream, context, turn, result);
      return outcomeOf(result);
    });
  }
}

async function doCall(
  loop: Loop,
  context: AgentContext,
  { turn, call, decision }: DueCall,
  held: HeldStep,
): Promise<CallOutcome> {
  const { runs } = context.store;
  const stored = await storedResult(context, turn, call.id);
  if (stored) {
    tellResult(held.stream, context, turn, stored);
    return outcomeOf(stored);
  }
  const { answer } = await runs.look(context.lease, { turn });
  const asked = answer?.message.toolCalls?.find(({ id }) => id === call.id);
  if (!asked) throw new Thrown("bridge", new Error(`Turn ${turn} has no call ${call.id}.`));
  const decided = decision && (await context.store.approvals.get(context.threadId, decision.id));
  const result =
    withoutRunning(call, decided) ??
    (await execute(loop, context, held, { turn, asked: approvedCall(asked, decided) }));
  const kept = await keep(held, turn, result);
  tellResult(held.stream, context, turn, kept);
  return outcomeOf(kept);
}

/** The stored result. An execution that has lost the run stops here, ahead of the effect. */
async function storedResult(
  { store, lease }: AgentContext,
  turn: number,
  callId: string,
): Promise<ToolResult | undefined> {
  const { held, result } = await store.runs.look(lease, { turn, callId });
  if (result || held) return result;
  throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
}

/** What a person said in place of letting the call run; none when they agreed, or nobody had to. */
function withoutRunning(call: OpenCall, approval: Approval | undefined): ToolResult | undefined {
  if (!call.asks) return undefined;
  switch (approval?.status) {
    case "approved":
      return undefined;
    case "answered":
      return { ...resultOf(call), content: answerIn(approval) };
    case "denied":
      return errorResult(call, denialIn(approval));
    case "expired":
      return errorResult(call, "Nobody decided on this call in time.");
    case "pending":
    case undefined:
    default:
      throw new Thrown("bridge", new Error(`The call ${call.id} needs a decision and has none.`));
  }
}

function answerIn({ decision }: Approval): unknown {
  return decision?.kind === "answer" ? decision.value : null;
}

function denialIn({ decision }: Approval): string {
  const reason = decision?.kind === "deny" ? decision.reason : undefined;
  return reason === undefined
    ? "A person denied this call."
    : `A person denied this call: ${reason}`;
}

function approvedCall(call: ToolCall, approval: Approval | undefined): ToolCall {
  const decision = approval?.decision;
  const modified = decision?.kind === "approve" && decision.input !== undefined;
  return modified ? { ...call, input: decision.input } : call;
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
    });
    return { ...resultOf(asked), content: content ?? null };
  } catch (error) {
    throw new Thrown("tool", error);
  }
}

/** Stores the result. One that cannot be kept is said to be so: the call has been done and must not be repeated for it. */
async function keep(held: HeldStep, turn: number, result: ToolResult): Promise<ToolResult> {
  try {
    return await storeResult(held, turn, result);
  } catch (error) {
    const isUnkept =
      isStorageError(error) && (error.code === "UNSUPPORTED_VALUE" || error.code === "TOO_LARGE");
    if (!isUnkept) throw error;
    const said = `The call was done, but its result cannot be kept. ${error.message}`;
    return storeResult(
      held,
      turn,
      errorResult({ ...result, id: result.callId, name: result.toolName }, said),
    );
  }
}

async function storeResult(held: HeldStep, turn: number, value: ToolResult): Promise<ToolResult> {
  const committed = await held.commit({ result: { turn, value } });
  return (committed.status === "committed" ? committed.result : undefined) ?? value;
}

function outcomeOf({ callId, content, isError = false }: ToolResult): CallOutcome {
  return { callId, isError, ...glimpseOf(content) };
}

function errorResult(call: Pick<OpenCall, "id" | "name">, content: string): ToolResult {
  return { ...resultOf(call), content, isError: true };
}

function resultOf({
  id,
  name,
}: Pick<OpenCall, "id" | "name">): Pick<ToolResult, "callId" | "toolName"> {
  return { callId: id, toolName: name };
}
