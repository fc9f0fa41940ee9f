import { AsyncLocalStorage } from "node:async_hooks";
import type {
  BudgetSpec,
  ChatMessage,
  Checkpointer,
  Decision,
  LanguageModel,
  Snapshot,
  Step,
  Tool,
  ToolCallPart,
  ToolResult,
  Usage,
} from "./shapes.ts";

/*
 * A stand-in for `@ziro-agent/agent`, which no registry has: made after what its types and behaviour are known to be, with what it gets wrong. Its checkpointer's failures are swallowed, its own
 * suspensions are known by class, a resumed run forgets its thread, and a handoff's suspension becomes a tool's error.
 */

export class AgentSuspendedError extends Error {
  override readonly name = "AgentSuspendedError";
  readonly __ziro_suspended__ = true;
  readonly snapshot: Snapshot;

  constructor(snapshot: Snapshot) {
    super("Agent suspended for human approval.");
    this.snapshot = snapshot;
  }
}

class BudgetExceededError extends Error {
  override readonly name = "BudgetExceededError";
  readonly kind: string;
  readonly limit: number;
  readonly observed: number;

  constructor(kind: string, limit: number, observed: number) {
    super(`Budget exceeded: ${kind} limit=${limit}, observed=${observed}`);
    [this.kind, this.limit, this.observed] = [kind, limit, observed];
  }
}

export interface RunOptions {
  readonly prompt?: string;
  readonly messages?: readonly ChatMessage[];
  readonly threadId?: string;
  readonly agentId?: string;
  readonly budget?: BudgetSpec;
  readonly approver?: (request: {
    readonly toolCallId: string;
    readonly toolName: string;
    readonly input: unknown;
  }) => Decision | Promise<Decision>;
  readonly prepareStep?: (context: { readonly stepIndex: number }) => unknown;
}

export interface RunResult {
  readonly text: string;
  readonly steps: readonly Step[];
  readonly totalUsage: Usage;
  readonly finishReason: string;
  readonly messages: readonly ChatMessage[];
}

export interface Agent {
  readonly name: string;
  readonly tools: Record<string, Tool>;
  readonly checkpointer?: Checkpointer;
  run(options: RunOptions): Promise<RunResult>;
  resumeFromCheckpoint(
    threadId: string,
    options: { readonly decisions: Readonly<Record<string, Decision>> },
  ): Promise<RunResult>;
}

export interface AgentOptions {
  readonly name: string;
  readonly model: LanguageModel;
  readonly tools?: Record<string, Tool>;
  readonly handoffs?: readonly Agent[];
  readonly checkpointer?: Checkpointer;
  readonly defaultThreadId?: string;
  readonly maxSteps?: number;
}

const conversations = new AsyncLocalStorage<readonly ChatMessage[]>();

export function createAgent(options: AgentOptions): Agent {
  const { name, model, checkpointer, defaultThreadId, handoffs = [] } = options;
  const tools = { ...options.tools, ...Object.fromEntries(handoffs.map(handoffTool)) };

  const saving = async (
    threadId: string | undefined,
    work: () => Promise<RunResult>,
  ): Promise<RunResult> => {
    try {
      return await work();
    } catch (error) {
      if (checkpointer && threadId && error instanceof AgentSuspendedError)
        await checkpointer.put(threadId, error.snapshot as never).catch(() => undefined);
      throw error;
    }
  };

  const loop = async (
    from: { readonly messages: ChatMessage[]; readonly steps: Step[]; readonly next: number },
    asked: RunOptions,
  ): Promise<RunResult> => {
    const { messages, steps } = from;
    const cap = stepCap(options, asked);
    const end = (finishReason: string): RunResult => ({
      text: steps.at(-1)?.text ?? "",
      steps,
      totalUsage: { totalTokens: tokensIn(steps) },
      finishReason,
      messages,
    });
    for (let index = from.next; index <= cap; index += 1) {
      if (!hasBudget(asked.budget, steps)) return end("budgetExceeded");
      const own = await modelOf(asked, model, index);
      const { text, toolCalls, usage } = await own.generate({ messages: [...messages] });
      messages.push({ role: "assistant", content: text === "" ? toolCalls : text });
      const results = await conversations.run(messages, async () =>
        Promise.all(toolCalls.map(async (call) => execute(tools, call, asked))),
      );
      if (results.some(({ pendingApproval }) => pendingApproval))
        throw new AgentSuspendedError(snapshotOf(asked, { index, messages, steps, results }));
      if (results.length > 0) messages.push({ role: "tool", content: results });
      steps.push({ index, text, toolCalls, toolResults: results, usage });
      if (toolCalls.length === 0) return end("completed");
    }
    return end("maxSteps");
  };

  const agent: Agent = {
    name,
    tools,
    ...(checkpointer ? { checkpointer } : {}),
    async run(asked) {
      const first = asked.messages ?? [{ role: "user" as const, content: asked.prompt }];
      return saving(asked.threadId ?? defaultThreadId, async () =>
        loop({ messages: [...first], steps: [], next: 1 }, asked),
      );
    },
    async resumeFromCheckpoint(threadId, { decisions }) {
      const snapshot = (await checkpointer?.get(threadId)) as Snapshot | null;
      if (!snapshot) throw new Error(`No checkpoint found for thread "${threadId}"`);
      // It forgets which thread it is on.
      return saving(snapshot.agentId ? undefined : defaultThreadId, async () => {
        const asked: RunOptions = {
          approver: ({ toolCallId }) => decisions[toolCallId] ?? { decision: "suspend" },
        };
        const calls = snapshot.pendingApprovals.map(
          ({ toolCallId, toolName, rawArgs: args }): ToolCallPart => ({
            type: "tool-call",
            toolCallId,
            toolName,
            args,
          }),
        );
        const results = await Promise.all(calls.map(async (call) => execute(tools, call, asked)));
        const messages = [...snapshot.messages, { role: "tool" as const, content: results }];
        return loop({ messages, steps: [...snapshot.steps], next: snapshot.step + 1 }, asked);
      });
    },
  };
  return agent;
}

/** A handoff is only known within the loop that it belongs to. */
function conversation(): readonly ChatMessage[] {
  const messages = conversations.getStore();
  if (!messages) throw new Error("A handoff was invoked outside of an agent's run.");
  return messages;
}

function handoffTool(target: Agent): readonly [string, Tool] {
  const name = `transfer_to_${target.name}`;
  const handOver = async (): Promise<string> =>
    (await target.run({ messages: conversation() })).text;
  return [name, { name, input: { parse: (value) => value }, execute: handOver }];
}

async function execute(
  tools: Record<string, Tool>,
  { toolCallId, toolName, args }: ToolCallPart,
  { approver }: RunOptions,
): Promise<ToolResult> {
  const named = { toolCallId, toolName };
  const tool = tools[toolName];
  if (!tool) throw new Error(`Tool "${toolName}" was not registered.`);
  let input = tool.input.parse(args);
  if (tool.requiresApproval === true) {
    const decision = (await approver?.({ ...named, input })) ?? { decision: "suspend" };
    if (decision.decision === "reject")
      return {
        ...named,
        isError: true,
        result: { name: "ApprovalRejected", message: decision.reason },
      };
    if (decision.decision === "suspend") {
      const pendingApproval = { ...named, parsedInput: input, rawArgs: args };
      return { ...named, isError: false, result: null, pendingApproval };
    }
    if (decision.modifiedInput !== undefined) input = tool.input.parse(decision.modifiedInput);
  }
  try {
    return { ...named, isError: false, result: await tool.execute(input as never, { toolCallId }) };
  } catch (error) {
    // Also a suspension of the agent that was handed to: it is lost here.
    const { name, message } = error as Error;
    return { ...named, isError: true, result: { name, message } };
  }
}

async function modelOf(
  { prepareStep }: RunOptions,
  model: LanguageModel,
  stepIndex: number,
): Promise<LanguageModel> {
  const prepared = await prepareStep?.({ stepIndex });
  return (prepared as { readonly model?: LanguageModel } | undefined)?.model ?? model;
}

function stepCap({ maxSteps = 10 }: AgentOptions, { budget }: RunOptions): number {
  return Math.min(maxSteps, budget?.maxSteps ?? maxSteps);
}

function snapshotOf(
  { agentId }: RunOptions,
  at: {
    readonly index: number;
    readonly messages: readonly ChatMessage[];
    readonly steps: readonly Step[];
    readonly results: readonly ToolResult[];
  },
): Snapshot {
  return {
    version: 2,
    __ziro_snapshot__: true,
    ...(agentId === undefined ? {} : { agentId }),
    createdAt: new Date().toISOString(),
    step: at.index,
    messages: [...at.messages],
    steps: [...at.steps],
    totalUsage: { totalTokens: tokensIn(at.steps) },
    pendingApprovals: at.results.flatMap(({ pendingApproval }) => pendingApproval ?? []),
    resolvedSiblings: at.results.filter((one) => !one.pendingApproval),
  };
}

/** Whether there is room for another call of the model; throws where the budget says so. */
function hasBudget(budget: BudgetSpec = {}, steps: readonly Step[]): boolean {
  try {
    checkBudget(budget, steps);
    return true;
  } catch (error) {
    if (budget.onExceed !== "truncate") throw error;
    return false;
  }
}

function checkBudget({ maxTokens, maxLlmCalls }: BudgetSpec, steps: readonly Step[]): void {
  const tokens = tokensIn(steps);
  if (maxTokens !== undefined && tokens > maxTokens)
    throw new BudgetExceededError("tokens", maxTokens, tokens);
  if (maxLlmCalls !== undefined && steps.length + 1 > maxLlmCalls)
    throw new BudgetExceededError("llmCalls", maxLlmCalls, steps.length + 1);
}

function tokensIn(steps: readonly Step[]): number {
  return steps.reduce((sum, { usage }) => sum + (usage.totalTokens ?? 0), 0);
}
