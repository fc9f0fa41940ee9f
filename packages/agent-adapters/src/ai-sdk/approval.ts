import { errorResult, stepPart } from "@perdure/inngest-bridge/agent";
import type { Tool, ToolApprovalStatus, ToolSet } from "ai";
import type { LedgerCall } from "../run/ledger.ts";
import { decisionOn, refusalIn } from "../run/position.ts";
import { AI_SDK } from "./answer.ts";
import type { AiRun } from "./run.ts";
import { isCarriedOutElsewhere } from "./tools.ts";

/** A call, as the SDK asks about it. */
export interface AskedCall {
  readonly toolCall: {
    readonly toolCallId: string;
    readonly toolName: string;
    readonly input: unknown;
  };
  readonly tools: ToolSet | undefined;
  readonly toolsContext: Readonly<Record<string, unknown>>;
  readonly messages: readonly unknown[];
  readonly runtimeContext: unknown;
}

type Status = Exclude<ToolApprovalStatus, string | undefined>;

/** What a user configured: a function for all calls, or a status or a function by tool. */
export type ToolApproval =
  | ((call: never) => PromiseLike<ToolApprovalStatus> | ToolApprovalStatus)
  | Readonly<Record<string, unknown>>
  | undefined;

/** Whether a call may run: what a person decided, otherwise what the tools' configuration says, asked once in a step of its own where it is a function. */
export function approvalInRun(
  run: AiRun,
  configured: ToolApproval,
): (call: AskedCall) => Promise<Status> {
  return async (asked) => {
    const { toolCallId: id, toolName: name, input } = asked.toolCall;
    const known = await decided(run, { id, name });
    if (known) return known;
    const { position, turn, waiting } = run;
    const wasAsked = position?.turn === turn && position.asking.some((one) => one.id === id);
    const status = wasAsked ? userApproval : await statusOf(run, configured, asked);
    if (status.type === "denied") return deny(run, { id, name }, status.reason ?? REFUSED);
    if (status.type === "user-approval") waiting.push({ callId: id, tool: name, input });
    return status;
  };
}

/** What is stored of the call, or a person's decision on it. */
async function decided(run: AiRun, call: LedgerCall): Promise<Status | undefined> {
  const { turn, ledger, decisions } = run;
  const stored = (await ledger.past(turn))?.results.get(call.id);
  if (stored) return deniedIn(stored.native) ?? { type: "not-applicable" };
  const decision = decisionOn(decisions, turn, call.id);
  if (!decision) return undefined;
  const refusal = refusalIn(decision);
  return refusal === undefined ? { type: "approved" } : deny(run, call, refusal);
}

const userApproval: Status = { type: "user-approval" };
const REFUSED = "This call is not allowed.";

/** What is kept of a denial: the model is told of it in its provider's own way. */
function deniedIn(
  native: { readonly of: string; readonly value: unknown } | undefined,
): Status | undefined {
  if (native?.of !== AI_SDK) return undefined;
  const { reason } = native.value as { readonly reason: string };
  return { type: "denied", reason };
}

async function deny({ ledger, turn }: AiRun, call: LedgerCall, reason: string): Promise<Status> {
  const native = { of: AI_SDK, value: { type: "execution-denied", reason } };
  const kept = await ledger.result(turn, call, async () => ({
    ...errorResult(call, reason),
    native,
  }));
  return deniedIn(kept.native) ?? { type: "not-applicable" };
}

async function statusOf(run: AiRun, configured: ToolApproval, asked: AskedCall): Promise<Status> {
  const { toolCallId, toolName } = asked.toolCall;
  const tool = own(asked.tools, toolName) as Tool | undefined;
  if (isCarriedOutElsewhere(own(run.elsewhere, toolName) as Tool | undefined)) return userApproval;
  const said = configuredFor(configured, tool, asked);
  const status =
    typeof said === "function" ? await askedOnce(run, toolCallId, said as () => unknown) : said;
  const shaped = shape(status);
  const { requireToolApproval = false } = run.context.options;
  return requireToolApproval && shaped.type !== "denied" ? userApproval : shaped;
}

/** What the configuration says of a call: a status, or a function that gives one. The SDK's own order: the configuration of the agent, then the tool's. */
function configuredFor(
  configured: ToolApproval,
  tool: Tool | undefined,
  asked: AskedCall,
): unknown {
  const { toolCall, messages, toolsContext, runtimeContext } = asked;
  const { toolCallId, toolName, input } = toolCall;
  if (typeof configured === "function") return () => configured(asked as never);
  const toolContext = own(toolsContext, toolName);
  const byTool = own(configured, toolName);
  if (typeof byTool === "function")
    return (): unknown => byTool(input, { toolCallId, messages, toolContext, runtimeContext });
  if (byTool !== undefined && byTool !== null) return byTool;
  const needs: unknown = tool?.needsApproval;
  if (typeof needs !== "function") return needs === true ? "user-approval" : "not-applicable";
  return async (): Promise<string> =>
    (await needs(input, { toolCallId, messages, context: toolContext }))
      ? "user-approval"
      : "not-applicable";
}

/** A function may decide by the hour or by a row of a table: it is asked in a step, once for each call. */
async function askedOnce(run: AiRun, callId: string, ask: () => unknown): Promise<unknown> {
  const id = `asks:${run.turn}:${stepPart(callId)}`;
  return run.ledger.step({ id, name: "asks" }, async () => ask());
}

function shape(status: unknown): Status {
  if (typeof status === "object" && status !== null && "type" in status) return status as Status;
  return { type: typeof status === "string" ? status : "not-applicable" } as Status;
}

/** A property of the object's own: names come from the model. */
function own(record: object | undefined, name: string): unknown {
  return record && Object.hasOwn(record, name)
    ? (record as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
