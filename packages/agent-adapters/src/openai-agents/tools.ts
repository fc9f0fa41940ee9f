import { type FunctionTool, type Tool, tool as makeTool } from "@openai/agents";
import type { Approval, ToolResult } from "@perdure/checkpoint-core";
import { type HeldStep, resultOf, stepPart } from "@perdure/inngest-bridge/agent";
import { callIn } from "../run/callIn.ts";
import { insideCall } from "../run/currentCall.ts";
import { isLastAttempt } from "../run/lastAttempt.ts";
import { decisionOn } from "../run/position.ts";
import { OPENAI_AGENTS } from "./answer.ts";
import { type Attempt, insideAttempt, type OpenAIRun } from "./run.ts";

type AnyTool = FunctionTool<never, never>;
type Invoke = AnyTool["invoke"];

/** The tool as one run has it: a function's calls are steps. An agent that is a tool stays as it is, what it does inside is made of steps; so do hosted tools. */
export function toolInRun<Given extends Tool>(run: OpenAIRun, tool: Given): Given {
  if (tool.type !== "function" || isAgent(tool)) return tool;
  const given = tool as unknown as AnyTool;
  const invoke: Invoke = async (context, input, details) => {
    const { turn, ledger } = run;
    const call = { id: details?.toolCall?.callId ?? "", name: given.name };
    const decision = decisionOn(run.decisions, turn, call.id);
    const result = await ledger.result(turn, call, async (held) =>
      carryOut(run, call, decision, held, async (approved = input) => {
        held.show(() => ({ input: approved }));
        return given.invoke(context, approved, details);
      }),
    );
    return outputIn(result);
  };
  const needsApproval: AnyTool["needsApproval"] = async (context, input, callId) =>
    asks(run, callId ?? "", async () => given.needsApproval(context, input, callId));
  return { ...given, invoke, needsApproval } as unknown as Given;
}

/** The tools that whoever started the run carries out. */
export function clientTools({ context: { options } }: OpenAIRun): readonly Tool[] {
  return Object.entries(options.clientTools ?? {}).map(
    ([name, { description, parameters }]) =>
      makeTool({
        name,
        description,
        parameters: parameters as never,
        strict: false,
        needsApproval: true,
        execute: () => {
          throw new Error(`"${name}" is carried out by whoever answers its call.`);
        },
      }) as unknown as Tool,
  );
}

/** Whether the tool is an agent: `asTool` adds a way to listen to it. */
function isAgent(tool: object): boolean {
  return "on" in tool && typeof tool.on === "function";
}

/** Whether a person must agree: what was stored or asked before stands; otherwise it is asked once, in a step of its own. */
async function asks(run: OpenAIRun, callId: string, ask: () => Promise<boolean>): Promise<boolean> {
  const { turn, ledger, position, context } = run;
  const stored = (await ledger.past(turn))?.results.get(callId);
  if (stored) return isDenied(stored);
  if (position?.turn === turn) return position.asking.some((one) => one.id === callId);
  if (context.options.requireToolApproval === true) return true;
  const id = `asks:${turn}:${stepPart(callId)}`;
  return ledger.step({ id, name: "asks" }, ask);
}

/** Whether a person's denial is what is stored of a call. */
function isDenied({ native }: ToolResult): boolean {
  return native?.of === OPENAI_AGENTS && native.value === DENIED;
}

/** What is kept beside a denial. */
export const DENIED = "denied";

/** What the tool gives, for the input that a person agreed to; or what a person said in its place. */
async function carryOut(
  run: OpenAIRun,
  call: { readonly id: string; readonly name: string },
  decision: Approval | undefined,
  held: HeldStep,
  invoke: (approved: string | undefined) => Promise<unknown>,
): Promise<ToolResult> {
  const { context, turn } = run;
  const { decision: decided } = decision ?? {};
  if (decided?.kind === "answer") return { ...resultOf(call), content: decided.value };
  const changed = decided?.kind === "approve" ? decided.input : undefined;
  const about = callIn(context, turn, call, held);
  const attempt: Attempt = { run, held };
  const content = await insideCall(about, async () =>
    insideAttempt(attempt, async () =>
      invoke(changed === undefined ? undefined : JSON.stringify(changed)),
    ),
  );
  if (!attempt.thrown) return { ...resultOf(call), content: content ?? null };
  // The SDK has made a text of the failure: it counts when no attempt is left.
  if (!isLastAttempt(held, attempt.thrown.error)) throw attempt.thrown.error;
  return {
    ...resultOf(call),
    content: content ?? null,
    isError: true,
    native: { of: OPENAI_AGENTS, value: TOLD },
  };
}

const TOLD = "told";

/** The output that is stored; what the SDK has not made a text of ends the run, as the tool has it. */
function outputIn({ content, isError = false, native }: ToolResult): never {
  if (!isError || native?.value === TOLD) return content as never;
  throw new Error(typeof content === "string" ? content : JSON.stringify(content));
}
