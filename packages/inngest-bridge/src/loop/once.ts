import {
  type Approval,
  type EffectInFlightError,
  type EffectUnknownError,
  isStorageError,
  type ToolCall,
  type ToolResult,
} from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { saysNotDone } from "../steps/notDone.ts";
import { Thrown } from "../steps/failure.ts";
import { idempotencyKey } from "./key.ts";
import { type Question, questionedBy } from "./question.ts";
import { resultAsSaid } from "./said.ts";
import { resultOf, unkeptResult } from "./result.ts";

/** A call whose tool has an effect that is not to happen twice. */
export interface OnceCall {
  readonly turn: number;
  readonly asked: ToolCall;
  /** The decided question about an attempt before. */
  readonly question: Approval | undefined;
  /** What a look before this one saw of an attempt that may be under way. */
  readonly seen: number | undefined;
}

/** What came of it: a result; another attempt may be under way, so look again after so many milliseconds; or nobody knows, and a person is asked. */
export type OnceOutcome =
  | { readonly result: ToolResult }
  | { readonly inFlight: { readonly seen: number; readonly ms: number } }
  | { readonly unknown: Question };

/**
 * Does the work of a call at most once, and keeps what came of it beside the thread, beyond the run: begun under the lease, done against the attempt. One that was begun and left no outcome is
 * done again only on a person's word. What the work throws leaves it unknown, but for `NOT_DONE`, which is an error of the tool like any other.
 */
export async function doOnce(
  context: AgentContext,
  call: OnceCall,
  work: () => unknown,
): Promise<OnceOutcome> {
  const { turn, asked, question } = call;
  const key = `call:${idempotencyKey(context.store, context.lease, turn, asked.id)}`;
  if (question && question.status !== "approved")
    return { result: await resultAsSaid(context, key, asked, question) };
  try {
    return { result: await attempt(context, key, call, work) };
  } catch (error) {
    if (isInFlight(error)) {
      const { seen: last, ms } = error.effect;
      return { inFlight: { seen: last, ms } };
    }
    if (!isUnknown(error)) throw error;
    const { attempt: number, begunAt, error: threw } = error.effect;
    const facts = { callId: asked.id, attempt: number, begunAt };
    return { unknown: threw === undefined ? facts : { ...facts, error: threw } };
  }
}

function isInFlight(error: unknown): error is EffectInFlightError {
  return isStorageError(error) && error.code === "IN_FLIGHT";
}

/** Not an unknown acknowledgement of another write, which names no effect. */
function isUnknown(error: unknown): error is EffectUnknownError {
  return isStorageError(error) && error.code === "OUTCOME_UNKNOWN" && "effect" in error;
}

async function attempt(
  { store, lease, threadId }: AgentContext,
  key: string,
  { asked, question, seen }: OnceCall,
  work: () => unknown,
): Promise<ToolResult> {
  const decided = question && questionedBy(question.callId)?.attempt;
  const threw: unknown[] = [];
  const gave: unknown[] = [];
  const noting = async (): Promise<unknown> => {
    try {
      gave.push(await work());
      return gave[0];
    } catch (error) {
      threw.push(error);
      throw error;
    }
  };
  try {
    const outcome = await store.effects.once<unknown>(threadId, key, noting, {
      lease,
      seen,
      isNotDone: saysNotDone,
      onUnknown: (effect) => (effect.attempt === decided ? "again" : "throw"),
    });
    if (!outcome.unkept) return { ...resultOf(asked), content: outcome.value ?? null };
    // What is too large for an effect's record may fit a result, which is kept in pieces.
    return gave.length > 0 && !outcome.replayed
      ? { ...resultOf(asked), content: gave[0] }
      : unkeptResult(asked, outcome.unkept.message);
  } catch (error) {
    throw threw.includes(error) ? new Thrown("tool", error) : error;
  }
}
