import { isStorageError, LeaseLostError, type ToolResult } from "@perdure/checkpoint-core";
import type { AgentContext, HeldStep } from "../agent.ts";
import { type Glimpse, glimpseOf } from "../steps/excerpt.ts";
import type { OpenCall } from "./position.ts";
import { tellResult } from "./telling.ts";

/** What a tool's step leaves in the run; the result is read from the store. */
export interface CallOutcome extends Glimpse {
  readonly callId: string;
  readonly isError: boolean;
}

/** What is said of a stored result. */
export function outcomeOf({ callId, content, isError = false }: ToolResult): CallOutcome {
  return { callId, isError, ...glimpseOf(content) };
}

/** The stored result, told to those who watch the run. An execution that has lost the run stops here, ahead of the effect. */
export async function storedResult(
  context: AgentContext,
  stepped: HeldStep,
  turn: number,
  callId: string,
): Promise<ToolResult | undefined> {
  const { store, lease } = context;
  const { held, result } = await store.runs.look(lease, { turn, callId });
  if (result) tellResult(stepped.stream, context, turn, result);
  if (result || held) return result;
  throw new LeaseLostError(`Run ${lease.runId} is not this execution's any more.`);
}

/** Stores a result and answers the one that is stored, told to those who watch the run. */
export async function keepResult(
  context: AgentContext,
  held: HeldStep,
  turn: number,
  result: ToolResult,
): Promise<ToolResult> {
  const kept = await keep(held, turn, result);
  tellResult(held.stream, context, turn, kept);
  return kept;
}

/** A result that says what went wrong, for the model to read. */
export function errorResult(call: Pick<OpenCall, "id" | "name">, content: string): ToolResult {
  return { ...resultOf(call), content, isError: true };
}

/** The result of a call that was done and must not be repeated because of what it gave. */
export function unkeptResult(call: Pick<OpenCall, "id" | "name">, why: string): ToolResult {
  return errorResult(call, `The call was done, but its result cannot be kept. ${why}`);
}

/** A result without what it holds. */
export function resultOf({
  id,
  name,
}: Pick<OpenCall, "id" | "name">): Pick<ToolResult, "callId" | "toolName"> {
  return { callId: id, toolName: name };
}

/** Stores the result. One that cannot be kept is said to be so: the call has been done and must not be repeated for it. */
async function keep(held: HeldStep, turn: number, result: ToolResult): Promise<ToolResult> {
  try {
    return await storeResult(held, turn, result);
  } catch (error) {
    const isUnkept =
      isStorageError(error) && (error.code === "UNSUPPORTED_VALUE" || error.code === "TOO_LARGE");
    if (!isUnkept) throw error;
    const { callId: id, toolName: name } = result;
    return storeResult(held, turn, unkeptResult({ id, name }, error.message));
  }
}

async function storeResult(held: HeldStep, turn: number, value: ToolResult): Promise<ToolResult> {
  const committed = await held.commit({ result: { turn, value } });
  return (committed.status === "committed" ? committed.result : undefined) ?? value;
}
