import { MaxTurnsExceededError, Runner, type RunResult, type RunState } from "@openai/agents";
import { StorageError } from "@perdure/checkpoint-core";
import {
  type AgentOutcome,
  budgetsProblemOf,
  type DurableAgent,
  type RunOptions,
} from "@perdure/inngest-bridge/agent";
import { type AskingCall, type Position, readPosition } from "../run/position.ts";
import { withinBudgets } from "../run/usedUp.ts";
import { agentsInRun, type AnyAgent, mayHave, toolNamesOf } from "./agents.ts";
import { countedIn, OPENAI_AGENTS } from "./answer.ts";
import { decide, type WaitingCall } from "./approvals.ts";
import { conversation } from "./conversation.ts";
import { providerInRun } from "./model.ts";
import type { OpenAIAgentOptions, OpenAIParts } from "./options.ts";
import { insideRun, OpenAIRun } from "./run.ts";
import { complete } from "./settle.ts";
import { type OpenAIPosition, structureOf } from "./state.ts";

const OPTIONS: ReadonlySet<string> = new Set<keyof OpenAIAgentOptions>([
  "name",
  "modelProvider",
  "runConfig",
  "context",
  "sanitizeContext",
  "streaming",
  "maxTurns",
  "historyLimit",
  "price",
  "resumeWhen",
]);

/**
 * An agent of the OpenAI Agents SDK as a `DurableAgent`. The SDK's own loop goes through the run, handoffs too; each model call and each call of a function is a step, stored once, and a call
 * that needs approval suspends the run.
 *
 * Unknown options are refused (`INVALID_ARGUMENT`).
 */
export function openAIAgent(agent: object, options: OpenAIAgentOptions = {}): DurableAgent {
  const root = agent as AnyAgent;
  if (typeof root?.clone !== "function")
    throw new StorageError("INVALID_ARGUMENT", "openAIAgent needs an Agent of @openai/agents.");
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined)
    throw new StorageError("INVALID_ARGUMENT", `openAIAgent has no option "${unknown}".`);
  const { name = root.name, streaming = true, price } = options;
  const counting = { name, price, read: countedIn };
  const own: OpenAIParts = { ...options, root, name };
  const hasTool = (tool: string): boolean => mayHave(root, tool);
  const position = (state: unknown): Position =>
    readPosition({ of: OPENAI_AGENTS, agent: name, hasTool }, state);
  const toolNames = toolNamesOf(root);
  return {
    name,
    needsMessage: true,
    ...(toolNames === undefined ? {} : { toolNames }),
    check(state) {
      position(state);
    },
    checkBudgets: (budgets) => budgetsProblemOf({ name, price }, budgets),
    run: async (_input, context) =>
      proceed(own, new OpenAIRun(context, streaming, undefined, counting)),
    resume: async (state, decisions, context) => {
      const going = { position: position(state), decisions };
      return proceed(own, new OpenAIRun(context, streaming, going, counting));
    },
  };
}

type Result = RunResult<unknown, AnyAgent>;

/** The SDK's own loop, from the run's first turn on: what is stored of it is not done again. */
async function proceed(own: OpenAIParts, run: OpenAIRun): Promise<AgentOutcome> {
  return withinBudgets(run, own.name, async () => pass(own, run));
}

async function pass(own: OpenAIParts, run: OpenAIRun): Promise<AgentOutcome> {
  const { root, historyLimit } = own;
  const agent = agentsInRun(run, root);
  const input = await conversation(run, historyLimit);
  const runner = runnerOf(own, run);
  const context = own.context ? own.context(run.context) : run.context.requestContext;
  const settings = { context, ...limitIn(own, run.context.options) };
  return insideRun(run, async () => {
    let next: unknown = input;
    for (;;) {
      const result = await guarded(run, async () =>
        runner.run(agent, next as never, settings as never),
      );
      if ("limit" in result) return complete(own, run, { ...result.limit, limited: true });
      const { interruptions, state } = result;
      if (interruptions.length === 0)
        return complete(own, run, { ...partsOf(result), limited: false });
      const { waiting, told } = await decide(run, state as never, interruptions);
      if (!told) return suspension(own, run, state as never, waiting);
      next = state;
    }
  });
}

/** What the SDK's loop gives. What has ended the pass ends it, whatever the SDK made of it. */
async function guarded(
  run: OpenAIRun,
  work: () => Promise<unknown>,
): Promise<Result | { readonly limit: ReturnType<typeof partsOf> }> {
  try {
    const result = (await work()) as Result;
    run.ledger.check();
    return result;
  } catch (error) {
    run.ledger.check();
    if (!(error instanceof MaxTurnsExceededError) || !error.state) throw error;
    const { _generatedItems: newItems, _currentAgent: lastAgent } = error.state as unknown as {
      readonly _generatedItems: Result["newItems"];
      readonly _currentAgent: { readonly name: string };
    };
    return { limit: { newItems, lastAgent, finalOutput: "" } };
  }
}

function partsOf({ newItems, lastAgent, finalOutput }: Result): {
  readonly newItems: Result["newItems"];
  readonly lastAgent: { readonly name: string } | undefined;
  readonly finalOutput: unknown;
} {
  return { newItems, lastAgent, finalOutput };
}

/** Model calls when nothing else is said, as the SDK has it. */
const DEFAULT_TURNS = 10;

function limitIn(
  { maxTurns }: OpenAIParts,
  { maxSteps = maxTurns, budget }: RunOptions,
): { readonly maxTurns?: number } {
  const most = budget?.maxSteps;
  if (most === undefined) return maxSteps === undefined ? {} : { maxTurns: maxSteps };
  return { maxTurns: Math.min(most, maxSteps ?? DEFAULT_TURNS) };
}

function runnerOf({ modelProvider, runConfig = {} }: OpenAIParts, run: OpenAIRun): Runner {
  const { callModelInputFilter: filter } = runConfig;
  const { toolCallConcurrency } = run.context.options;
  const provider = modelProvider ?? new Runner({ tracingDisabled: true }).config.modelProvider;
  return new Runner({
    tracingDisabled: true,
    ...runConfig,
    modelProvider: providerInRun(run, provider),
    ...(toolCallConcurrency === undefined
      ? {}
      : {
          toolExecution: {
            ...runConfig.toolExecution,
            maxFunctionToolConcurrency: toolCallConcurrency,
          },
        }),
    async callModelInputFilter(given) {
      const data = filter ? await filter(given) : given.modelData;
      run.expectTurn();
      return data;
    },
  });
}

function suspension(
  { name, resumeWhen = "all", sanitizeContext }: OpenAIParts,
  { turn, context }: OpenAIRun,
  state: RunState<unknown, AnyAgent>,
  waiting: readonly WaitingCall[],
): AgentOutcome {
  const { clientTools: added = {} } = context.options;
  const asking = waiting.map(({ callId: id, tool }): AskingCall => {
    const call = { id, name: tool };
    return Object.hasOwn(added, tool) ? { ...call, added: true } : call;
  });
  const runState = structureOf(state, sanitizeContext);
  const position: OpenAIPosition = {
    version: 1,
    of: OPENAI_AGENTS,
    agent: name,
    turn,
    asking,
    runState,
  };
  return { status: "suspended", state: position, turn, approvals: waiting, resumeWhen };
}
