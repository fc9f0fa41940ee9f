import type { ApprovalRequest } from "@perdure/checkpoint-core";
import { stepPart } from "@perdure/inngest-bridge/agent";
import { decisionOn } from "../run/position.ts";
import type { DecisionRequest } from "./decision.ts";
import { needsApproval } from "./durable.ts";
import { AGENTKIT, callsIn, type KitCall, type KitTool, type KitToolOptions } from "./kit.ts";
import type { KitPosition } from "./position.ts";
import type { KitRun } from "./run.ts";

/** A call whose tool asks a person itself. */
interface AskingTool {
  readonly call: KitCall;
  readonly request: DecisionRequest;
}

/** Whether a person must agree to the call before it is carried out: what was asked before stands; a function is asked once, in a step of its own. */
export async function asks(
  run: KitRun,
  tool: KitTool,
  call: KitCall,
  options: KitToolOptions,
): Promise<boolean> {
  const { turn, position, ledger, context, said } = run;
  if (said?.isRouting) return false;
  if (position?.turn === turn)
    return position.asking.some(({ id }) => id === call.id && !position.inside.includes(id));
  if (context.options.requireToolApproval === true) return true;
  const needs = needsApproval(tool);
  if (typeof needs !== "function") return needs;
  const id = `asks:${turn}:${stepPart(call.id)}`;
  return ledger.step({ id, name: "asks" }, async () => needs(call.input as never, options));
}

/** The run waits for a person: for what a tool asks itself, and for the calls of the turn that are not to be carried out without. */
export async function ask(run: KitRun, options: KitToolOptions, own?: AskingTool): Promise<never> {
  const { turn, said, ledger } = run;
  ledger.check();
  const requests: ApprovalRequest[] = [];
  for (const call of callsIn(said?.output ?? [])) {
    const { id: callId, name: tool, input } = call;
    if (callId === own?.call.id) requests.push(requested(own));
    else if (await isOpen(run, call, options)) requests.push({ callId, tool, input: input ?? {} });
  }
  const state = positionOf(run, requests, own?.call.id);
  return run.stop({ status: "suspended", state, turn, approvals: requests, resumeWhen: "all" });
}

/** Where the run waits. What was asked before in this turn stays known: its calls may not have been carried out. */
function positionOf(
  { turn, parts, position, decisions }: KitRun,
  requests: readonly ApprovalRequest[],
  own: string | undefined,
): KitPosition {
  const before = position?.turn === turn ? position : undefined;
  const asking = requests.map(({ callId: id, tool: name }) => ({ id, name }));
  return {
    version: 1,
    of: AGENTKIT,
    agent: parts.name,
    turn,
    asking: [...(before?.asking ?? []), ...asking],
    inside: [...(before?.inside ?? []), ...(own === undefined ? [] : [own])],
    decided: decisions.filter((one) => one.turn === turn),
  };
}

function requested({ call, request }: AskingTool): ApprovalRequest {
  const { input = call.input ?? {}, expiresInMs } = request;
  const time = expiresInMs === undefined ? {} : { expiresInMs };
  return { callId: call.id, tool: call.name, input, ...time };
}

/** Whether nobody has decided on the call, nothing is stored of it, and a person must agree. */
async function isOpen(run: KitRun, call: KitCall, options: KitToolOptions): Promise<boolean> {
  const { turn, ledger, decisions, context } = run;
  const tool = options.agent.tools.get(call.name);
  if (!tool || decisionOn(decisions, turn, call.id)) return false;
  if (!(await asks(run, tool, call, options))) return false;
  if ((await ledger.past(turn))?.results.has(call.id)) return false;
  const { result } = await context.store.runs.look(context.lease, { turn, callId: call.id });
  return result === undefined;
}
