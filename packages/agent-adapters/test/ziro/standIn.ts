import type { ChatMessage, ContentPart, ToolCallPart } from "./conversation.ts";
import type {
  Agent,
  AgentResumeOptions,
  AgentRunOptions,
  AgentRunResult,
  AgentSnapshot,
  AgentStep,
  CreateAgentOptions,
  Tool,
  ToolExecutionResult,
} from "./shapes.ts";
import { BudgetScope, budgetEnd, within } from "./standInBudget.ts";
import { executed, resolved } from "./standInCalls.ts";
import { conversations, handoffTool } from "./standInHandoff.ts";

/*
 * A stand-in for `@ziro-agent/agent`, which no registry has: made after what its types and behaviour are known to be, with what it gets wrong. Its checkpointer's failures are swallowed, its own
 * suspensions are known by class, a resumed run forgets its thread, and a handoff's suspension becomes a tool's error.
 */

export type { Agent } from "./shapes.ts";

export class AgentSuspendedError extends Error {
  override readonly name = "AgentSuspendedError";
  readonly __ziro_suspended__ = true;
  readonly snapshot: AgentSnapshot;

  constructor(snapshot: AgentSnapshot) {
    super("Agent suspended for human approval.");
    this.snapshot = snapshot;
  }
}

/** Where a loop stands. */
interface Standing {
  readonly messages: ChatMessage[];
  readonly steps: AgentStep[];
  readonly next: number;
}

export function createAgent(options: CreateAgentOptions): Agent {
  const { name = "agent", checkpointer, defaultThreadId, handoffs = [], memory, system } = options;
  const tools = {
    ...options.tools,
    ...Object.fromEntries(handoffs.map((one) => handoffTool(one, options.maxHandoffDepth ?? 5))),
  };

  const saving = async (
    threadId: string | undefined,
    work: () => Promise<AgentRunResult>,
  ): Promise<AgentRunResult> => {
    try {
      return await work();
    } catch (error) {
      if (checkpointer && threadId && error instanceof AgentSuspendedError)
        await checkpointer.put(threadId, error.snapshot).catch(() => undefined);
      throw error;
    }
  };

  const agent: Agent = {
    name,
    tools,
    ...(checkpointer ? { checkpointer } : {}),
    ...(memory ? { memory } : {}),
    async run(asked) {
      const said = asked.messages ?? [{ role: "user" as const, content: asked.prompt ?? "" }];
      const first = system === undefined ? said : [systemMessage(system), ...said];
      const work = async (): Promise<AgentRunResult> =>
        within(asked.budget, async (scope) =>
          loop({ options, tools, scope }, { messages: [...first], steps: [], next: 1 }, asked),
        );
      return saving(asked.threadId ?? defaultThreadId, async () =>
        conversations.getStore() ? work() : conversations.run({ messages: [], depth: 0 }, work),
      );
    },
    async resume(given, asked) {
      const snapshot = migrated(given);
      // It forgets which thread it is on.
      return saving(snapshot.agentId ? undefined : defaultThreadId, async () =>
        conversations.run({ messages: [], depth: 0 }, async () =>
          within(asked.budget ?? snapshot.budgetSpec, async (scope) =>
            goOn({ options, tools, scope }, snapshot, asked),
          ),
        ),
      );
    },
    async resumeFromCheckpoint(threadId, { checkpointId, ...asked }) {
      if (!checkpointer) throw new Error("agent.resumeFromCheckpoint() requires a checkpointer.");
      const snapshot = await checkpointer.get(threadId, checkpointId);
      if (!snapshot) throw new Error(`No checkpoint found for thread "${threadId}"`);
      return agent.resume(snapshot, asked);
    },
    async listCheckpoints(threadId, limits) {
      if (!checkpointer) throw new Error("agent.listCheckpoints() requires a checkpointer.");
      return checkpointer.list(threadId, limits);
    },
  };
  return agent;
}

/** An agent at work. */
interface Work {
  readonly options: CreateAgentOptions;
  readonly tools: Record<string, Tool>;
  readonly scope: BudgetScope | undefined;
}

async function loop(work: Work, from: Standing, asked: AgentRunOptions): Promise<AgentRunResult> {
  const { options } = work;
  const { messages, steps } = from;
  const end = (finishReason: AgentRunResult["finishReason"]): AgentRunResult => ({
    text: steps.at(-1)?.text ?? "",
    steps,
    totalUsage: { totalTokens: tokensIn(steps) },
    finishReason,
    messages,
  });
  for (let index = from.next; index <= capOf(options, asked); index += 1) {
    if (asked.abortSignal?.aborted) return end("aborted");
    const over = budgetEnd(asked.budget, () => BudgetScope.check());
    if (over) return { ...end("budgetExceeded"), budgetExceeded: over };
    const step = await stepAt(work, from, index, asked);
    const ended = budgetEndIn(step, asked);
    if (ended) return { ...end("budgetExceeded"), budgetExceeded: ended };
    if (step.toolCalls.length === 0) return end("completed");
    const stops = await options.stopWhen?.({ steps, totalUsage: { totalTokens: tokensIn(steps) } });
    if (stops === true) return end("stopWhen");
  }
  return end("maxSteps");
}

/** A tool that has passed its budget ends the loop. */
function budgetEndIn({ toolResults }: AgentStep, { budget }: AgentRunOptions) {
  const exceeded = toolResults.find((one) => one.budgetExceeded)?.budgetExceeded;
  return exceeded && budgetEnd(budget, () => BudgetScope.fail(exceeded));
}

function capOf({ maxSteps = 10 }: CreateAgentOptions, { budget }: AgentRunOptions): number {
  return Math.min(maxSteps, budget?.maxSteps ?? maxSteps);
}

/** The model is asked, and what it asks for is done. */
async function stepAt(
  work: Work,
  { messages, steps }: Standing,
  index: number,
  asked: AgentRunOptions,
): Promise<AgentStep> {
  const prepared = await preparedFor(work, asked, index, messages);
  const answer = await prepared.model.generate({
    messages: prepared.messages,
    tools: Object.keys(prepared.tools).map((name) => ({ name })),
    ...(asked.abortSignal ? { abortSignal: asked.abortSignal } : {}),
  });
  BudgetScope.spent(answer.usage, prepared.model.modelId);
  const { text, finishReason, usage } = answer;
  const toolCalls = [...answer.toolCalls];
  const content = [...answer.content] as ContentPart[];
  messages.push({
    role: "assistant",
    content: toolCalls.length > 0 ? (content as ToolCallPart[]) : text,
  });
  const frame = conversations.getStore();
  if (frame) frame.messages = [...messages];
  const toolResults = await Promise.all(
    toolCalls.map(async (call) => executed(prepared.tools, call, { asked, index, messages })),
  );
  if (toolResults.some(({ pendingApproval }) => pendingApproval))
    throw new AgentSuspendedError(
      snapshotOf(work.scope, asked, { index, messages, steps, results: toolResults }),
    );
  if (toolResults.length > 0) messages.push(toolMessage(toolResults));
  const step = { index, text, content, toolCalls, toolResults, finishReason, usage };
  steps.push(step);
  await asked.onEvent?.({ type: "step-finish", step });
  return step;
}

/** Goes on from a snapshot: what is decided is done, and what is not waits on. */
async function goOn(
  work: Work,
  snapshot: AgentSnapshot,
  { decisions, ...asked }: AgentResumeOptions,
): Promise<AgentRunResult> {
  const results: ToolExecutionResult[] = [];
  for (const pending of snapshot.pendingApprovals) {
    const decision = decisions[pending.toolCallId] ?? { decision: "suspend" };
    results.push(await resolved(work.tools, pending, decision, asked));
  }
  const done = [...snapshot.resolvedSiblings, ...results.filter((one) => !one.pendingApproval)];
  const pendingApprovals = results.flatMap(({ pendingApproval }) => pendingApproval ?? []);
  if (pendingApprovals.length > 0)
    throw new AgentSuspendedError({ ...snapshot, pendingApprovals, resolvedSiblings: done });
  const { agentId } = snapshot;
  const standing = {
    messages: [...snapshot.messages, toolMessage(done)],
    steps: [...snapshot.steps],
    next: snapshot.step + 1,
  };
  return loop(work, standing, agentId === undefined ? asked : { ...asked, agentId });
}

function migrated(snapshot: AgentSnapshot): AgentSnapshot {
  if (snapshot.version === 2) return snapshot;
  if (snapshot.version === 1) return { ...snapshot, version: 2 };
  throw new Error(`Cannot migrate AgentSnapshot: unknown version ${String(snapshot.version)}.`);
}

async function preparedFor(
  { options, tools }: Work,
  asked: AgentRunOptions,
  stepIndex: number,
  given: readonly ChatMessage[],
) {
  const messages = structuredClone([...given]);
  const prepare = asked.prepareStep ?? options.prepareStep;
  const {
    model = options.model,
    system,
    activeTools,
  } = (await prepare?.({ stepIndex, messages })) ?? {};
  const others = messages[0]?.role === "system" ? messages.slice(1) : messages;
  return {
    model,
    messages: system === undefined ? messages : [systemMessage(system), ...others],
    tools: activeTools
      ? Object.fromEntries(Object.entries(tools).filter(([name]) => activeTools.includes(name)))
      : tools,
  };
}

function systemMessage(content: string): ChatMessage {
  return { role: "system", content };
}

function toolMessage(results: readonly ToolExecutionResult[]): ChatMessage {
  return {
    role: "tool",
    content: results.map(({ toolCallId, toolName, result, isError }) => ({
      type: "tool-result",
      toolCallId,
      toolName,
      result,
      ...(isError ? { isError } : {}),
    })),
  };
}

function snapshotOf(
  scope: BudgetScope | undefined,
  { agentId, budget }: AgentRunOptions,
  at: {
    readonly index: number;
    readonly messages: readonly ChatMessage[];
    readonly steps: readonly AgentStep[];
    readonly results: readonly ToolExecutionResult[];
  },
): AgentSnapshot {
  return {
    version: 2,
    __ziro_snapshot__: true,
    ...(agentId === undefined ? {} : { agentId }),
    createdAt: new Date().toISOString(),
    ...(scope ? { scopeId: scope.id, budgetUsage: scope.usage } : {}),
    ...(budget ? { budgetSpec: BudgetScope.plain(budget) } : {}),
    step: at.index,
    messages: [...at.messages],
    steps: [...at.steps],
    totalUsage: { totalTokens: tokensIn(at.steps) },
    pendingApprovals: at.results.flatMap(({ pendingApproval }) => pendingApproval ?? []),
    resolvedSiblings: at.results.filter((one) => !one.pendingApproval),
  };
}

function tokensIn(steps: readonly AgentStep[]): number {
  return steps.reduce((sum, { usage }) => sum + (usage.totalTokens ?? 0), 0);
}
