import { IncompatibleError, type InputCheck, StorageError } from "@perdure/checkpoint-core";
import {
  type AgentContext,
  type AgentInput,
  type AgentOutcome,
  BudgetExceededError,
  type BudgetKind,
  type DurableAgent,
  type RunOptions,
} from "@perdure/inngest-bridge/agent";
import { approverOf } from "./approver.ts";
import type { ZiroAgent, ZiroAgentOptions, ZiroRunResult } from "./contract.ts";
import { modelInRun } from "./model.ts";
import { withRun, ZiroRun } from "./run.ts";
import { complete } from "./settle.ts";
import { type Pending, pendingIn, readSnapshot } from "./snapshot.ts";
import { install, isSuspension } from "./tools.ts";

/**
 * A Ziro agent, as it is, as a `DurableAgent`. Its own loop goes through the run from the first turn on; each model call and each tool call is a step, stored once, and what is stored is not done
 * again. A call that needs approval suspends the run, with Ziro's own snapshot as its state.
 *
 * The agent's tools are changed in place, once: outside of such a run they do what they did. Throws `INVALID_ARGUMENT` without the model.
 */
export function ziroAgent(agent: ZiroAgent, options: ZiroAgentOptions): DurableAgent {
  checkOptions(agent, options);
  install(agent);
  const { store } = options;
  const { checkpointer } = agent;
  const known = { ...(store ? { store } : {}), ...(checkpointer ? { checkpointer } : {}) };
  return {
    ...known,
    name: agent.name,
    check(state) {
      readSnapshot(agent, state);
    },
    checkInput: async (tool, input) => checkInput(agent, tool, input),
    // Its own loop holds them.
    checkBudgets: () => undefined,
    run: async (input, context) => proceed({ agent, options }, new ZiroRun(context, 0, []), input),
    async resume(state, decisions, context) {
      const { step } = readSnapshot(agent, state);
      const run = new ZiroRun(context, step, decisions);
      return proceed({ agent, options }, run, await inputOf(context));
    },
  };
}

/** An agent with what it does not tell of itself. */
interface Told {
  readonly agent: ZiroAgent;
  readonly options: ZiroAgentOptions;
}

async function proceed(told: Told, run: ZiroRun, input: AgentInput): Promise<AgentOutcome> {
  let result: ZiroRunResult;
  try {
    const asked = askedOf(told, run, input);
    result = await withRun(run, async () => told.agent.run(asked));
  } catch (error) {
    if (isSuspension(error)) {
      run.check();
      return suspension(run, error.snapshot);
    }
    return failed(run, error);
  }
  // A tool's step may have ended the pass, and the agent have gone on as if it were the tool's failure.
  return endedBy(run, result, told);
}

async function endedBy(run: ZiroRun, result: ZiroRunResult, told: Told): Promise<AgentOutcome> {
  try {
    run.check();
  } catch (error) {
    return failed(run, error);
  }
  return complete(told, run, result);
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

function suspension({ turn }: ZiroRun, snapshot: unknown): AgentOutcome {
  const approvals = pendingIn(snapshot).map(({ toolCallId, toolName, parsedInput }: Pending) => ({
    callId: toolCallId,
    tool: toolName,
    input: parsedInput,
  }));
  return { status: "suspended", state: snapshot, turn, approvals, resumeWhen: "all" };
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
function askedOf({ options }: Told, run: ZiroRun, input: AgentInput): object {
  const { context } = run;
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
    approver: approverOf(run),
    prepareStep: async (step: never): Promise<object> => {
      const prepared = ((await options.prepareStep?.(step)) ?? {}) as {
        readonly model?: ZiroAgentOptions["model"];
      };
      const { instructions: system, tools: activeTools } = asked;
      return {
        ...prepared,
        ...(system === undefined ? {} : { system }),
        ...(activeTools === undefined ? {} : { activeTools: [...activeTools] }),
        model: modelInRun(run, prepared.model ?? options.model),
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

function checkInput({ tools }: ZiroAgent, name: string, input: unknown): InputCheck {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) return { ok: false, problem: `there is no tool "${name}"` };
  try {
    // The agent reads it again itself.
    tool.input.parse(input);
    return { ok: true, input };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

function checkOptions(agent: ZiroAgent, options: ZiroAgentOptions): void {
  const isAgent =
    typeof agent?.run === "function" && typeof agent.resumeFromCheckpoint === "function";
  if (!isAgent) throw invalid("ziroAgent needs an agent of @ziro-agent/agent.");
  const { model }: { readonly model?: unknown } = options ?? {};
  if (typeof (model as { readonly generate?: unknown } | undefined)?.generate !== "function")
    throw invalid(
      `The Ziro agent "${agent.name}" needs its model once more (\`model\`): an agent does not tell which one it has, and each of its calls is to be a step.`,
    );
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
