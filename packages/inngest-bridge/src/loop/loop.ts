import type { Approval, ApprovalRequest } from "@perdure/checkpoint-core";
import type { AgentContext, AgentOutcome, DurableAgent } from "../agent.ts";
import { shownExcerpt } from "../steps/excerpt.ts";
import { type DueCall, runCall } from "./call.ts";
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
import { locate, type OpenCall, type Position, readPosition } from "./position.ts";
import { reply } from "./reply.ts";
import { checkInput } from "./schema.ts";
import { type Loop, think } from "./think.ts";

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
  const { name, tools } = loop;
  return {
    name,
    check(state) {
      readPosition(name, tools, state);
    },
    async checkInput(tool, input) {
      const { parameters } = (Object.hasOwn(tools, tool) ? tools[tool] : undefined) ?? {};
      if (!parameters) return { ok: false, problem: `there is no tool "${tool}"` };
      const checked = await checkInput(parameters, input);
      return checked.ok ? { ok: true, input } : checked;
    },
    async locate(taken) {
      return locate(name, taken);
    },
    async run(_input, context) {
      if (loop.compaction) await compact(loop.compaction, context);
      return proceed(loopForRun(loop, context.options), context, start(name), []);
    },
    async resume(state, decisions, context) {
      const own = loopForRun(loop, context.options);
      const position = readPosition(name, { ...tools, ...own.tools }, state);
      return proceed(own, context, position, decisions);
    },
  };
}

/** Turn after turn, until the model is done or a person is needed. */
async function proceed(
  loop: Loop,
  context: AgentContext,
  from: Position,
  decisions: readonly Approval[],
): Promise<AgentOutcome> {
  let at = from;
  for (;;) {
    const { ran, waiting } = await runTurn(loop, context, at, decisions);
    if (waiting.length > 0)
      return suspension(loop, context, { ...at, done: [...at.done, ...ran] }, waiting);
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
    const { turn, calls } = thought;
    at = { version: 1, agent: loop.name, turn, calls, done: [] };
  }
}

/** Does the calls of a turn that may run, at the same time; answers their ids and those that wait for a person. */
async function runTurn(
  loop: Loop,
  context: AgentContext,
  { turn, calls, done }: Position,
  decisions: readonly Approval[],
): Promise<{ readonly ran: readonly string[]; readonly waiting: readonly OpenCall[] }> {
  const left = calls.filter(({ id }) => !done.includes(id));
  const decisionOn = (call: OpenCall): Approval | undefined =>
    decisions.find((one) => one.turn === turn && one.callId === call.id);
  const due = left.flatMap((call): readonly DueCall[] => {
    if (!call.asks) return [{ turn, call }];
    const decision = decisionOn(call);
    return decision && decision.status !== "pending" ? [{ turn, call, decision }] : [];
  });
  const { toolCallConcurrency = due.length } = context.options;
  for (let from = 0; from < due.length; from += toolCallConcurrency) {
    const some = due.slice(from, from + toolCallConcurrency);
    const endings = await Promise.allSettled(some.map(async (one) => runCall(loop, context, one)));
    const failed = endings.find((ending) => ending.status === "rejected");
    if (failed) throw failed.reason;
  }
  const ran = due.map(({ call }) => call.id);
  return { ran, waiting: left.filter(({ id }) => !ran.includes(id)) };
}

function suspension(
  { resumeWhen }: Loop,
  { store, lease, options }: AgentContext,
  position: Position,
  waiting: readonly OpenCall[],
): AgentOutcome {
  const added = Object.keys(options.clientTools ?? {});
  const state: Position = added.length === 0 ? position : { ...position, added };
  const approvals = async (): Promise<readonly ApprovalRequest[]> => {
    const { answer } = await store.runs.look(lease, { turn: state.turn });
    const asked = answer?.message.toolCalls ?? [];
    return asked
      .filter(({ id }) => waiting.some((call) => call.id === id))
      .map(({ id, name, input }) => ({ callId: id, tool: name, input }));
  };
  return { status: "suspended", state, turn: state.turn, approvals, resumeWhen };
}

function start(agent: string): Position {
  return { version: 1, agent, turn: 0, calls: [], done: [] };
}
