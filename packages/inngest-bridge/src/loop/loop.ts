import type { Approval, ApprovalRequest, ToolCall } from "@perdure/checkpoint-core";
import type { AgentContext, AgentOutcome, DurableAgent } from "../agent.ts";
import { shownExcerpt } from "../steps/excerpt.ts";
import { readCall } from "./asked.ts";
import { type DueCall, runCall } from "./call.ts";
import { budgetsProblem } from "./budgets.ts";
import { callLoop } from "./callable.ts";
import { compact } from "./compact.ts";
import type {
  AgentLoop,
  AgentLoopOptions,
  LoopCall,
  LoopOutput,
  LoopResult,
  LoopStep,
} from "./contract.ts";
import { loopForRun } from "./forRun.ts";
import { loopOf } from "./options.ts";
import { begunCall, locate, type OpenCall, type Position, readPosition } from "./position.ts";
import { type Question, questionedBy, questionRequest } from "./question.ts";
import { reply } from "./reply.ts";
import { checkBelow } from "../subagents/checking.ts";
import { checkInputBelow, requestsBelow, runsWaiting } from "../subagents/asked.ts";
import type { WaitingBelow } from "../subagents/delegateCall.ts";
import { checkInput } from "./schema.ts";
import { withSystemText } from "./systemPrompt.ts";
import type { Loop } from "./made.ts";
import { think } from "./think.ts";
import { endUsedUp, usedUpBehind } from "./usedUp.ts";

/**
 * An agent made of a model function and tools. Each model call and each tool call is a step; the answer or the result is stored in the commit that the
 * step makes, and the run goes on with what is stored. Five tool calls one after the other are twelve steps with the one that takes the run.
 *
 * Options that are missing, of another type, or unknown are refused (`INVALID_ARGUMENT`).
 */
export function createAgentLoop(options: AgentLoopOptions): AgentLoop {
  const loop = loopOf(options);
  const agent = agentOf(loop);
  const calling = { agent, store: options.store, singleton: options.singleton ?? "cancel" };
  const call = async (step: LoopStep, message: LoopCall): Promise<LoopResult> =>
    callLoop(calling, step, message);
  // A function has a name of its own, which is not writable.
  return Object.defineProperties(call, Object.getOwnPropertyDescriptors(agent)) as AgentLoop;
}

function agentOf(loop: Loop): DurableAgent {
  const { name, tools, store } = loop;
  return {
    name,
    ...(store ? { store } : {}),
    toolNames: Object.keys(tools),
    needsMessage: true,
    async check(state, of) {
      await checkBelow(tools, readPosition(name, tools, state), of);
    },
    async checkInput(tool, input) {
      const below = Object.hasOwn(tools, tool) ? undefined : checkInputBelow(tools, tool, input);
      const checkedBelow = await below;
      if (checkedBelow) return checkedBelow;
      const { parameters } = (Object.hasOwn(tools, tool) ? tools[tool] : undefined) ?? {};
      if (!parameters) return { ok: false, problem: `there is no tool "${tool}"` };
      const checked = await checkInput(parameters, input);
      return checked.ok ? { ok: true, input } : checked;
    },
    checkBudgets: (budgets) => budgetsProblem(loop, budgets),
    async locate(taken) {
      return locate(name, tools, taken);
    },
    async run(_input, context) {
      if (loop.compaction) await compact(loop.compaction, context);
      const own = await withSystemText(loopForRun(loop, context.options), context);
      return proceed(own, context, start(name), []);
    },
    async resume(state, decisions, context) {
      const own = loopForRun(loop, context.options);
      const position = readPosition(name, { ...tools, ...own.tools }, state);
      return proceed(own, context, position, decisions);
    },
  };
}

// A call, the step that says how it failed, and two callbacks.
const STEPS_PER_CALL = 4;

/** Turn after turn, until the model is done or a person is needed. */
async function proceed(
  loop: Loop,
  context: AgentContext,
  from: Position,
  decisions: readonly Approval[],
): Promise<AgentOutcome> {
  let at = from;
  let exceeded = await usedUpBehind(loop, context, at.turn);
  for (;;) {
    if (exceeded) return endUsedUp(loop, context, at.turn, exceeded);
    const { ran, ...waiting } = await runTurn(loop, context, at, decisions);
    const state = stateOf({ ...at, done: [...at.done, ...ran] }, context, waiting);
    if (waiting.below.some(({ goesOn }) => goesOn))
      return { status: "continued", state, turn: at.turn };
    if (waiting.asking.length + waiting.unknown.length + waiting.below.length > 0)
      return suspension(loop, context, state, waiting);
    const thought = await think(loop, context, at.turn + 1);
    if ("response" in thought) {
      const { turn, response, limited, stats } = thought;
      const output: Omit<LoopOutput, "response"> & { readonly response: unknown } = {
        response: shownExcerpt(response),
        iterations: turn,
        status: limited ? "maxIterations" : "completed",
        stats,
      };
      await reply(loop, context, turn);
      return { status: "completed", output, settled: true };
    }
    exceeded = thought.exceeded;
    if (!("calls" in thought)) continue;
    const { turn, calls } = thought;
    at = { version: 1, agent: loop.name, turn, calls, done: [] };
    if (context.nearsLimit(calls.length * STEPS_PER_CALL))
      return { status: "continued", state: stateOf(at, context), turn };
  }
}

/** What of a turn waits for a person: calls that they must agree to, calls of which nobody knows what became, and calls for which an agent works that waits. */
interface Waiting {
  readonly asking: readonly OpenCall[];
  readonly unknown: readonly (readonly [DueCall, Question])[];
  readonly below: readonly WaitingBelow[];
}

/** Does the calls of a turn that may run, at the same time; answers the ids of those that have a result, and what waits for a person. */
async function runTurn(
  loop: Loop,
  context: AgentContext,
  { turn, calls, done }: Position,
  decisions: readonly Approval[],
): Promise<Waiting & { readonly ran: readonly string[] }> {
  const left = calls.filter(({ id }) => !done.includes(id));
  const decided = decisions.filter((one) => one.turn === turn && one.status !== "pending");
  const due = left.flatMap((call) => dueCall(turn, call, decided));
  const unknown: (readonly [DueCall, Question])[] = [];
  const below: WaitingBelow[] = [];
  const { toolCallConcurrency = due.length } = context.options;
  for (let from = 0; from < due.length; from += toolCallConcurrency) {
    const some = due.slice(from, from + toolCallConcurrency);
    const endings = await Promise.allSettled(
      some.map(async (one) => {
        const end = await runCall(loop, context, one, { decided, of: due.length });
        if (end && "checkpointId" in end) below.push(end);
        else if (end) unknown.push([one, end]);
      }),
    );
    const failed = endings.find((ending) => ending.status === "rejected");
    if (failed) throw failed.reason;
    for (const ending of endings)
      if (ending.status === "fulfilled" && ending.value) below.push(ending.value);
  }
  const asked = new Set([...unknown.map(([one]) => one), ...below].map(({ call }) => call.id));
  const tried = due.map(({ call }) => call.id);
  return {
    ran: tried.filter((id) => !asked.has(id)),
    asking: left.filter(({ id }) => !tried.includes(id)),
    unknown,
    below,
  };
}

/** The call, if it may run now: nobody has to agree to it, or somebody has, or has said what became of an attempt at it. */
function dueCall(turn: number, call: OpenCall, decided: readonly Approval[]): readonly DueCall[] {
  const question = decided.findLast(({ callId }) => questionedBy(callId)?.callId === call.id);
  if (question) return [{ turn, call, question }];
  if (!call.asks || call.begun) return [{ turn, call }];
  const decision = decided.find(({ callId }) => callId === call.id);
  return decision ? [{ turn, call, decision }] : [];
}

function suspension(
  { resumeWhen, tools }: Loop,
  context: AgentContext,
  state: Position,
  { asking, unknown, below }: Waiting,
): AgentOutcome {
  const { store, lease } = context;
  const approvals = async (): Promise<readonly ApprovalRequest[]> => {
    const { answer } = await store.runs.look(lease, { turn: state.turn });
    const asked = answer?.message.toolCalls ?? [];
    const questions = unknown.map(async ([due, question]) => {
      const call = (await readCall(context, due)).asked;
      return inTime(tools, call, questionRequest(question, call));
    });
    const others = await Promise.all(below.map(async (one) => requestsBelow(store, one)));
    return [
      ...asked
        .filter(({ id }) => asking.some((call) => call.id === id))
        .map((call) => requestOf(tools, call)),
      ...(await Promise.all(questions)),
      ...others.flat(),
    ];
  };
  const waitsFor = async (): Promise<readonly string[]> =>
    (await Promise.all(below.map(async (one) => runsWaiting(store, one)))).flat();
  return { status: "suspended", state, turn: state.turn, approvals, waitsFor, resumeWhen };
}

/** The position as it goes into a checkpoint: with the tools that came with the run, and what its calls wait for. */
function stateOf(
  position: Position,
  { options }: AgentContext,
  { unknown, below }: Pick<Waiting, "unknown" | "below"> = { unknown: [], below: [] },
): Position {
  const added = Object.keys(options.clientTools ?? {});
  const begun = new Set(below.map(({ call }) => call.id));
  return {
    ...position,
    calls: position.calls.map((call) => (begun.has(call.id) ? begunCall(call) : call)),
    ...(unknown.length === 0 ? {} : { unknown: unknown.map(([{ call }]) => call.id) }),
    ...(added.length === 0 ? {} : { added }),
  };
}

/** What a person is asked of a call, and how long, where its tool says. */
function requestOf(tools: Loop["tools"], call: ToolCall): ApprovalRequest {
  const { id, name, input } = call;
  return inTime(tools, call, { callId: id, tool: name, input });
}

function inTime(tools: Loop["tools"], { name }: ToolCall, asked: ApprovalRequest): ApprovalRequest {
  const { approvalTtlMs } = (Object.hasOwn(tools, name) ? tools[name] : undefined) ?? {};
  return approvalTtlMs === undefined ? asked : { ...asked, expiresInMs: approvalTtlMs };
}

function start(agent: string): Position {
  return { version: 1, agent, turn: 0, calls: [], done: [] };
}
