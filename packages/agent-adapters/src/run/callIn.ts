import {
  type AgentContext,
  type HeldStep,
  idempotencyKey,
  outputPart,
} from "@perdure/inngest-bridge/agent";
import type { CurrentCall } from "./currentCall.ts";

/** What a tool's code is told of its call, for `insideCall`. Outside of a step (no `held`) nothing is aborted, and nothing that it says is heard. */
export function callIn(
  { store, lease, threadId, runId, requestContext }: AgentContext,
  turn: number,
  call: { readonly id: string; readonly name: string },
  held: Pick<HeldStep, "signal" | "stream"> | undefined,
): Omit<CurrentCall, "spent"> {
  return {
    idempotencyKey: idempotencyKey(store, lease, turn, call.id),
    callId: call.id,
    threadId,
    runId,
    signal: held?.signal ?? new AbortController().signal,
    store,
    requestContext,
    stream: (delta) => held?.stream.delta(outputPart({ runId, turn }, call), delta),
  };
}
