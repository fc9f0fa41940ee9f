import { IncompatibleError, type InputCheck, StorageError } from "@perdure/checkpoint-core";
import {
  type AgentContext,
  type AgentInput,
  type AgentOutcome,
  BudgetExceededError,
  type BudgetKind,
  type DurableAgent,
  type Price,
  type RunOptions,
} from "@perdure/inngest-bridge/agent";
import { type Agents, agentsOf } from "./agents.ts";
import { approverOf } from "./approver.ts";
import { installCheckpointer } from "./checkpointer.ts";
import type { ZiroAgent, ZiroAgentOptions, ZiroModel, ZiroRunResult } from "./contract.ts";
import { installRun } from "./handoff.ts";
import { modelInRun } from "./model.ts";
import { withRun, ZiroRun } from "./run.ts";
import { complete } from "./settle.ts";
import { isSuspension, readSnapshot, waitingIn } from "./snapshot.ts";
import { installTools } from "./tools.ts";

export { durableModel } from "./durable.ts";

const OPTIONS: ReadonlySet<string> = new Set<keyof ZiroAgentOptions>([
  "model",
  "prepareStep",
  "handoffs",
  "price",
  "store",
]);

/**
 * A Ziro agent, as it is, as a `DurableAgent`. Its own loop goes through the run from the first turn on; each model call and each tool call is a step, stored once, and what is stored is not done
 * again. So are those of the agents in `handoffs`. A call that needs approval suspends the run, with Ziro's own snapshot as its state.
 *
 * The agents' tools and checkpointers are changed in place, once: outside of such a run they do what they did. Unknown options are refused (`INVALID_ARGUMENT`).
 */
export function ziroAgent(agent: ZiroAgent, options: ZiroAgentOptions = {}): DurableAgent {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) throw invalid(`ziroAgent has no option "${unknown}".`);
  const agents = agentsOf(agent, options);
  for (const { agent: own } of [agents.top, ...agents.below]) {
    installTools(own);
    installCheckpointer(own);
  }
  for (const { agent: own } of agents.below) installRun(own);
  const { store, price } = options;
  const { checkpointer } = agent;
  const known = { ...(store ? { store } : {}), ...(checkpointer ? { checkpointer } : {}) };
  return {
    ...known,
    name: agent.name,
    check(state) {
      readSnapshot(agents, state);
    },
    checkInput: async (tool, input) => checkInput(agents, tool, input),
    needsMessage: true,
    // Its own loop holds them.
    checkBudgets: () => undefined,
    run: async (input, context) => proceed(new ZiroRun(context, agents, 0, []), price, input),
    async resume(state, decisions, context) {
      const { step } = readSnapshot(agents, state);
      const run = new ZiroRun(context, agents, step, decisions);
      return proceed(run, price, await inputOf(context));
    },
  };
}

async function proceed(
  run: ZiroRun,
  price: Price | undefined,
  input: AgentInput,
): Promise<AgentOutcome> {
  let result: ZiroRunResult;
  try {
    const asked = askedOf(run, input);
    result = await withRun(run, async () => run.agents.top.agent.run(asked));
  } catch (error) {
    try {
      run.check();
    } catch (broken) {
      return failed(run, broken);
    }
    return isSuspension(error) ? suspension(run, error.snapshot) : failed(run, error);
  }
  return endedBy(run, price, result);
}

/** A tool's step may have ended the pass, and the agent have gone on as if it were the tool's failure. */
async function endedBy(
  run: ZiroRun,
  price: Price | undefined,
  result: ZiroRunResult,
): Promise<AgentOutcome> {
  try {
    run.check();
  } catch (error) {
    return failed(run, error);
  }
  return complete(run, price, result);
}

/** What has ended the pass, as it is; what the agent itself threw, out of a step, so that the run is recorded as failed wherever it works. */
async function failed(run: ZiroRun, error: unknown): Promise<never> {
  run.ledger.check();
  await run.ledger.step({ id: "failed", name: "failed" }, async () => {
    throw budgetError(error) ?? error;
  });
  throw error;
}

/** Ziro's error, as ours: of another class, it would be tried again. */
function budgetError(error: unknown): BudgetExceededError | undefined {
  if (!(error instanceof Error) || error.name !== "BudgetExceededError") return undefined;
  const { kind, limit, observed } = error as unknown as Readonly<Record<string, unknown>>;
  return new BudgetExceededError(
    { kind: kind as BudgetKind, limit: Number(limit), observed: Number(observed) },
    { cause: error },
  );
}

function suspension(run: ZiroRun, snapshot: unknown): AgentOutcome {
  const waiting = waitingIn(run, undefined, snapshot);
  const below = waiting.flatMap(({ agent, tool }) => (agent === undefined ? [] : { agent, tool }));
  const state = below.length === 0 ? snapshot : { ...(snapshot as object), below };
  const approvals = waiting.map(({ callId, tool, input }) => ({ callId, tool, input }));
  return { status: "suspended", state, turn: run.turn, approvals, resumeWhen: "all" };
}

/** Options of a run that an agent of Ziro's has nothing for. */
const UNKNOWN = [
  "modelSettings",
  "toolChoice",
  "clientTools",
  "requireToolApproval",
  "toolCallConcurrency",
] as const;

/** What the agent is run with. */
function askedOf(run: ZiroRun, input: AgentInput): object {
  const { context, agents } = run;
  const { model, prepareStep } = agents.top;
  const asked: RunOptions = context.options;
  const unknown = UNKNOWN.find((name) => asked[name] !== undefined);
  if (unknown !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `A Ziro agent has nothing for ${unknown}.`);
  const { budget, toolBudget, maxSteps, context: ahead = [] } = asked;
  const { prompt, messages = [{ role: "user", content: prompt ?? "" }], metadata } = input;
  const held = maxSteps === undefined ? budget : withSteps(budget, maxSteps);
  return {
    messages: [...ahead, ...messages],
    threadId: context.threadId,
    approver: approverOf(run, undefined),
    prepareStep: async (step: never): Promise<object> => {
      const prepared = ((await prepareStep?.(step)) ?? {}) as { readonly model?: ZiroModel };
      const { instructions: system, tools: activeTools } = asked;
      return {
        ...prepared,
        ...(system === undefined ? {} : { system }),
        ...(activeTools === undefined ? {} : { activeTools: [...activeTools] }),
        model: modelInRun(run, undefined, prepared.model ?? model),
      };
    },
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
    ...(held === undefined ? {} : { budget: held }),
    ...(toolBudget === undefined ? {} : { toolBudget }),
  };
}

function withSteps(budget: RunOptions["budget"], maxSteps: number): RunOptions["budget"] {
  return { ...budget, maxSteps: Math.min(maxSteps, budget?.maxSteps ?? maxSteps) };
}

/** What the run was asked, as it is stored with it. */
async function inputOf({ store, runId }: AgentContext): Promise<AgentInput> {
  const run = await store.runs.get(runId);
  if (!run) throw new IncompatibleError(`The run ${runId} is gone.`);
  return run.input ?? {};
}

/** An approval does not tell whose tool it is about: any that takes the input will do, and the agent whose it is reads it again itself. */
function checkInput({ top, below }: Agents, name: string, input: unknown): InputCheck {
  let problem = `there is no tool "${name}"`;
  for (const { agent } of [top, ...below]) {
    const tool = Object.hasOwn(agent.tools, name) ? agent.tools[name] : undefined;
    try {
      tool?.input.parse(input);
      if (tool) return { ok: true, input };
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  return { ok: false, problem };
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
