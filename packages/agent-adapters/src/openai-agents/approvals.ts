import type { RunState, RunToolApprovalItem } from "@openai/agents";
import type { AnyAgent } from "./agents.ts";
import { errorResult } from "@perdure/inngest-bridge/agent";
import { decisionOn, refusalIn } from "../run/position.ts";
import { OPENAI_AGENTS, parsed } from "./answer.ts";
import type { OpenAIRun } from "./run.ts";
import { DENIED } from "./tools.ts";

/** A call that waits for a person. */
export interface WaitingCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
}

/** Tells the SDK what people have decided; answers the calls that nobody has decided on, and whether there was anything to tell. */
export async function decide(
  run: OpenAIRun,
  state: RunState<unknown, AnyAgent>,
  interruptions: readonly RunToolApprovalItem[],
): Promise<{ readonly waiting: readonly WaitingCall[]; readonly told: boolean }> {
  const waiting: WaitingCall[] = [];
  let told = false;
  for (const item of interruptions) {
    const call = callOf(run, item);
    const refusal = await refusalOf(run, call);
    if (refusal === undefined) waiting.push(call);
    else if (refusal === false) state.approve(item);
    else state.reject(item, { message: refusal });
    told ||= refusal !== undefined;
  }
  return { waiting, told };
}

/** Why the call is not run; `false` where it may run, nothing where nobody has decided. A call of the run's own that is denied has that as its result. */
async function refusalOf(
  { ledger, turn, decisions, calls }: OpenAIRun,
  { callId, tool }: WaitingCall,
): Promise<string | false | undefined> {
  const stored = (await ledger.past(turn))?.results.get(callId);
  if (stored) return stored.isError ? String(stored.content) : false;
  const decision = decisionOn(decisions, turn, callId);
  if (!decision) return undefined;
  const refusal = refusalIn(decision);
  if (refusal === undefined) return false;
  const call = { id: callId, name: tool };
  const native = { of: OPENAI_AGENTS, value: DENIED };
  if (calls.some(({ id }) => id === callId))
    await ledger.result(turn, call, async () => ({ ...errorResult(call, refusal), native }));
  return refusal;
}

/** A call as a person is asked about it. One of an agent inside of a call has the agent's name before its id: ids are told apart by agent only. */
function callOf(
  { calls }: OpenAIRun,
  { rawItem, agent, name, arguments: given }: RunToolApprovalItem,
): WaitingCall {
  const id =
    "callId" in rawItem && typeof rawItem.callId === "string" ? rawItem.callId : (rawItem.id ?? "");
  const tool = name ?? "";
  const isOwn = calls.some((call) => call.id === id && call.name === tool);
  return { callId: isOwn ? id : `${agent.name}/${id}`, tool, input: parsed(given ?? "") };
}
