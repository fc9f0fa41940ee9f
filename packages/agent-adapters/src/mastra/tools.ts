import { StorageError, type ToolResult } from "@perdure/checkpoint-core";
import { errorResult, type HeldStep, resultOf } from "@perdure/inngest-bridge/agent";
import { callIn } from "../run/callIn.ts";
import { insideCall } from "../run/currentCall.ts";
import { isQuestion, type Question } from "../run/ledger.ts";
import { askedBy, type Verdict, verdictOn, type Work } from "./approval.ts";
import type { MastraTool, Suspend, ToolCallInRun } from "./contract.ts";
import type { MastraRun } from "./run.ts";
import type { RequireToolApproval } from "./settings.ts";

/** The tools as one run has them: each call is a step, and gives what is stored of it. One of the caller's waits for its answer. */
export function toolsInRun(
  run: MastraRun,
  tools: Readonly<Record<string, MastraTool>>,
  required: RequireToolApproval | undefined,
): Readonly<Record<string, MastraTool>> {
  const { clientTools = {} } = run.context.options;
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => {
      const isOurs = tool.execute !== undefined || Object.hasOwn(clientTools, name);
      return [name, isOurs ? inRun(run, name, tool, required) : tool];
    }),
  );
}

function inRun(
  run: MastraRun,
  name: string,
  tool: MastraTool,
  required: RequireToolApproval | undefined,
): MastraTool {
  return {
    ...tool,
    ...LEFT_TO_US,
    async execute(input, options) {
      const { turn, ledger } = run;
      const call: ToolCallInRun = { id: options.toolCallId, name, turn, input, options };
      const stored = (await ledger.past(turn))?.results.get(call.id);
      if (stored) return outputIn(stored);
      return outcomeOf(run, tool, call, await verdictOn(run, tool, required, call));
    },
  };
}

/** Mastra would suspend its own workflow, or take the call out of the run. */
const LEFT_TO_US = {
  requireApproval: false,
  needsApprovalFn: undefined,
  hasSuspendSchema: false,
  backgroundConfig: undefined,
};

/** What the call gives; nothing while somebody is asked, because the loop goes no further than this turn then. */
async function outcomeOf(
  run: MastraRun,
  tool: MastraTool,
  call: ToolCallInRun,
  verdict: Verdict,
): Promise<unknown> {
  const { ledger } = run;
  const { turn } = call;
  switch (verdict.kind) {
    case "waits": {
      const { id: callId, suspended } = verdict.question;
      run.waiting.push({
        callId,
        tool: call.name,
        input: suspended ? suspended.payload : call.input,
      });
      run.asked.push(verdict.question);
      return undefined;
    }
    case "refused":
      return outputIn(await ledger.result(turn, call, async () => errorResult(call, verdict.why)));
    case "answered":
      return outputIn(
        await ledger.result(turn, call, async () => ({
          ...resultOf(call),
          content: verdict.value,
        })),
      );
    case "works":
    default: {
      const done = await ledger.resultOrQuestion(turn, call, verdict.times, async (held) =>
        carryOut(run, tool, call, verdict, held),
      );
      if (!isQuestion(done)) return outputIn(done);
      return outcomeOf(run, tool, call, askedBy(run, call, verdict, done.asks));
    }
  }
}

/** What the tool gives, or what it asks. */
async function carryOut(
  { context }: MastraRun,
  { execute }: MastraTool,
  { id, name, turn, input, options }: ToolCallInRun,
  { input: approved = input, resumed }: Work,
  held: HeldStep,
): Promise<ToolResult | Question> {
  if (!execute) throw new Error(`"${name}" is carried out by whoever answers its call.`);
  const about = callIn(context, turn, { id, name }, held);
  held.show(() => ({ input: approved }));
  let question: Question | undefined;
  const suspend: Suspend = async (payload, { runId: inner, requireToolApproval } = {}) => {
    if (inner !== undefined || requireToolApproval !== undefined) throw insideAnother(name);
    question = { asks: payload ?? null };
    return undefined;
  };
  const { signal } = held;
  const { abortSignal = signal } = options;
  const given = {
    ...options,
    suspend,
    abortSignal: AbortSignal.any([abortSignal, signal]),
    resumeData: resumed?.data,
    suspendPayload: resumed?.payload,
  };
  const content = await insideCall(about, async () => unwrapped(() => execute(approved, given)));
  return question ?? { ...resultOf({ id, name }), content: content ?? null };
}

/** Mastra wraps what a tool throws; what it says about another try stands on the tool's own error. */
async function unwrapped(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    const isWrapped = error instanceof Error && "domain" in error && cause instanceof Error;
    throw isWrapped ? cause : error;
  }
}

function insideAnother(name: string): StorageError {
  return new StorageError(
    "INVALID_ARGUMENT",
    `"${name}" is an agent or a workflow, and something inside of it wants a person: that is one step here, and cannot wait. Give the tool that asks to the agent itself.`,
  );
}

/** The output that is stored; Mastra tells the model of an error that is thrown. */
function outputIn({ content, isError = false }: ToolResult): unknown {
  if (!isError) return content;
  throw new Error(typeof content === "string" ? content : JSON.stringify(content));
}
