import {
  type Approval,
  DeletedError,
  type Store,
  type ToolCall,
  type ToolResult,
} from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { Thrown } from "../steps/failure.ts";
import type { OpenCall } from "./position.ts";
import { questionedInput } from "./question.ts";
import { errorResult, resultOf } from "./result.ts";

/** A call of a turn that may run now. */
export interface DueCall {
  readonly turn: number;
  readonly call: OpenCall;
  /** The decision on it, where it needed one. */
  readonly decision?: Given;
  /** The decision on what became of an attempt at it. The call was agreed to before, where it had to be. */
  readonly question?: Given;
}

/** A decision on a call: the call as the run that decides knows it, and the place where the decision stands, which is that of the run that asked. */
type Given = Pick<Approval, "id" | "threadId" | "callId">;

/** A call as it is to be run; or what stands in place of running it; or with what a person says of an attempt before. */
export interface AskedCall {
  readonly asked: ToolCall;
  readonly instead?: ToolResult;
  readonly question?: Approval;
}

/** A call as it is to be run, with the input that a person agreed to; or what stands in place of running it. Throws `DELETED` where the thread of the call, or of the decision on it, was deleted meanwhile. */
export async function readCall(
  { store, lease, threadId }: AgentContext,
  { turn, call, decision, question }: DueCall,
): Promise<AskedCall> {
  const { held, answer } = await store.runs.look(lease, { turn });
  if (!answer && !held)
    throw new DeletedError(`The thread of run ${lease.runId} was deleted, and its calls with it.`);
  const asked = answer?.message.toolCalls?.find(({ id }) => id === call.id);
  if (!asked) throw new Thrown("bridge", new Error(`Turn ${turn} has no call ${call.id}.`));
  const stored = question && (await decidedOn(store, question));
  if (stored)
    return {
      asked: { ...asked, input: questionedInput(stored.input) },
      question: { ...stored, threadId, callId: question.callId },
    };
  const decided = decision && (await decidedOn(store, decision));
  const instead = withoutRunning(call, decided);
  return { asked: approvedCall(asked, decided), ...(instead ? { instead } : {}) };
}

/** What was decided is kept as long as the thread lives in which it was asked. */
async function decidedOn({ approvals }: Store, { threadId, id }: Given): Promise<Approval> {
  const stored = await approvals.get(threadId, id);
  if (stored) return stored;
  throw new DeletedError(`The thread of the decision ${id} was deleted, and the decision with it.`);
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
