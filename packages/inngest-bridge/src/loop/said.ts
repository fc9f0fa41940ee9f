import {
  type Approval,
  isStorageError,
  type Store,
  type ToolCall,
  type ToolResult,
} from "@perdure/checkpoint-core";
import type { AgentContext } from "../agent.ts";
import { questionedBy } from "./question.ts";
import { errorResult, resultOf, unkeptResult } from "./result.ts";

/** The result of a call of which a person said something else than that it is to be done again, or nobody said anything in time. An outcome that has come late is a fact, and stands. */
export async function resultAsSaid(
  { store, threadId }: AgentContext,
  key: string,
  asked: ToolCall,
  said: Approval,
): Promise<ToolResult> {
  const { decision } = said;
  if (decision?.kind === "answer") await recordDone(store, key, said, decision.value);
  const effect = await store.effects.get(threadId, key);
  if (effect?.status !== "recorded") return resultWithoutOutcome(asked, said);
  if (effect.unkept) return unkeptResult(asked, effect.unkept.message);
  return { ...resultOf(asked), content: effect.value ?? null };
}

async function recordDone(
  { effects }: Store,
  key: string,
  { threadId, callId }: Approval,
  done: unknown,
): Promise<void> {
  const attempt = questionedBy(callId)?.attempt ?? 0;
  try {
    await effects.resolve(threadId, key, { attempt, outcome: { done } });
  } catch (error) {
    // The attempt that the person was asked about has said since that it did nothing, and left no record: their word is all there is.
    if (!isStorageError(error) || error.code !== "NOT_FOUND") throw error;
  }
}

function resultWithoutOutcome(asked: ToolCall, { status, decision }: Approval): ToolResult {
  if (decision?.kind === "answer") return { ...resultOf(asked), content: decision.value ?? null };
  if (status === "expired")
    return errorResult(
      asked,
      "It is not known whether this call was done, and nobody said so in time.",
    );
  const reason = decision?.kind === "deny" ? decision.reason : undefined;
  const denied = "A person says that this call was not done";
  return errorResult(asked, reason === undefined ? `${denied}.` : `${denied}: ${reason}`);
}
