import type { ChatMessage, ToolCallPart } from "./conversation.ts";
import type {
  AgentRunOptions,
  Decision,
  PendingApproval,
  Tool,
  ToolExecutionResult,
} from "./shapes.ts";
import { BudgetExceededError, within } from "./standInBudget.ts";

/** Where a call is made. */
interface Place {
  readonly asked: AgentRunOptions;
  readonly index: number;
  readonly messages: readonly ChatMessage[];
}

/** What a call gives: what its tool says, or why it says nothing. */
export async function executed(
  tools: Record<string, Tool>,
  call: ToolCallPart,
  { asked, index: step, messages }: Place,
): Promise<ToolExecutionResult> {
  const { toolCallId, toolName } = call;
  const tool = tools[toolName];
  if (!tool) throw new Error(`Tool "${toolName}" was not registered.`);
  const { args, input, problem } = await parsed(tool, call, asked);
  const named = { toolCallId, toolName, durationMs: 0, parsedArgs: input };
  if (problem) return { ...named, isError: true, result: problem };
  const pending: PendingApproval = { toolCallId, toolName, parsedInput: input, rawArgs: args };
  if (!(await isGated(tool, input, toolCallId, asked.metadata)))
    return carriedOut(tool, input, named, asked);
  const context = { step, messages, ...(asked.metadata ? { metadata: asked.metadata } : {}) };
  const request = { toolCallId, toolName, input, rawArgs: args, context };
  const decision = (await asked.approver?.(request)) ?? { decision: "suspend" };
  return decided(tool, pending, decision, asked);
}

/** What a call gives that has waited. */
export async function resolved(
  tools: Record<string, Tool>,
  pending: PendingApproval,
  decision: Decision,
  asked: AgentRunOptions,
): Promise<ToolExecutionResult> {
  const { toolCallId, toolName } = pending;
  const tool = tools[toolName];
  const gone = { name: "ToolMissing", message: `Tool "${toolName}" was not registered.` };
  if (!tool) return { toolCallId, toolName, durationMs: 0, isError: true, result: gone };
  return decided(tool, pending, decision, asked);
}

async function decided(
  tool: Tool,
  pending: PendingApproval,
  decision: Decision,
  asked: AgentRunOptions,
): Promise<ToolExecutionResult> {
  const { toolCallId, toolName, parsedInput } = pending;
  const named = { toolCallId, toolName, durationMs: 0, parsedArgs: parsedInput };
  if (decision.decision === "suspend")
    return { ...named, isError: false, result: null, pendingApproval: pending };
  if (decision.decision === "reject") {
    const message = decision.reason ?? `Tool "${toolName}" rejected by approver.`;
    return { ...named, isError: true, result: { name: "ApprovalRejected", message } };
  }
  if (decision.modifiedInput === undefined) return carriedOut(tool, parsedInput, named, asked);
  const input = tool.input.parse(decision.modifiedInput);
  return carriedOut(tool, input, { ...named, parsedArgs: input }, asked);
}

async function carriedOut(
  tool: Tool,
  input: unknown,
  named: Pick<ToolExecutionResult, "toolCallId" | "toolName" | "durationMs" | "parsedArgs">,
  { abortSignal, metadata, toolBudget }: AgentRunOptions,
): Promise<ToolExecutionResult> {
  const context = {
    toolCallId: named.toolCallId,
    ...(abortSignal ? { abortSignal } : {}),
    ...(metadata ? { metadata } : {}),
  };
  try {
    const result = await within(toolBudget, async () => tool.execute(input as never, context));
    return { ...named, isError: false, result };
  } catch (error) {
    // Also a suspension of the agent that was handed to: it is lost here.
    const { name, message } = error as Error;
    const failed = { ...named, isError: true, result: { name, message } };
    return error instanceof BudgetExceededError
      ? { ...failed, budgetExceeded: error.exceeded }
      : failed;
  }
}

async function parsed(
  tool: Tool,
  call: ToolCallPart,
  { repairToolCall: repair }: AgentRunOptions,
): Promise<{ readonly args: unknown; readonly input?: unknown; readonly problem?: object }> {
  const { toolName, toolCallId, args } = call;
  try {
    return { args, input: tool.input.parse(args) };
  } catch (error) {
    const repaired = await repair?.(call, error, { toolName, toolCallId });
    const { name, message } = error as Error;
    if (!repaired) return { args, problem: { name, message } };
    return { args: repaired.args, input: tool.input.parse(repaired.args) };
  }
}

/** A gate that fails is closed. */
async function isGated(
  { requiresApproval: gate = false }: Tool,
  input: unknown,
  toolCallId: string,
  metadata: Record<string, unknown> | undefined,
): Promise<boolean> {
  if (typeof gate === "boolean") return gate;
  try {
    return await gate(input as never, { toolCallId, ...(metadata ? { metadata } : {}) });
  } catch {
    return true;
  }
}
