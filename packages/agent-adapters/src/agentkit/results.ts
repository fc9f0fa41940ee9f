import { AgentResult, type Message } from "@inngest/agent-kit";
import type { AssistantMessage, Message as Entry, ToolMessage } from "@perdure/checkpoint-core";
import { AGENTKIT, callsIn, type KitCall } from "./kit.ts";

/** An entry as `historyConfig` writes it. */
interface KeptResult {
  readonly by: "user" | "agent";
  readonly content?: string;
  readonly agentName?: string;
  readonly output?: Message[];
  readonly toolCalls?: AgentResult["toolCalls"];
  readonly createdAt?: Date;
}

/** What is known of a history's messages beside their plain form. */
interface NativeOutput {
  readonly agent: string;
  readonly isRouting: boolean;
  readonly output: Message[];
  readonly createdAt: Date;
}

/** Entries of a thread as AgentKit's results: those of runs, of this and of other agents, and those of a `historyConfig`. What only said which agent is next is left out, as AgentKit does. */
export function resultsOf(values: readonly unknown[]): AgentResult[] {
  const results: AgentResult[] = [];
  let calling: AgentResult | undefined;
  for (const value of values) {
    const entry = value as Entry;
    if ("by" in entry) results.push(keptResult(entry as unknown as KeptResult));
    else if (entry.role === "tool") calling?.toolCalls.push(toolResult(calling, entry));
    else if (entry.role === "assistant") {
      const { result, isRouting } = assistantResult(entry);
      calling = result;
      if (!isRouting) results.push(result);
    } else results.push(said(entry.role, entry.content));
  }
  return results;
}

function keptResult({ by, content = "", ...rest }: KeptResult): AgentResult {
  if (by === "user") return said("user", content);
  const { agentName = "", output = [], toolCalls = [], createdAt = new Date(0) } = rest;
  return new AgentResult(agentName, output, toolCalls, createdAt);
}

function said(role: "user" | "system", content: unknown): AgentResult {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  const message: Message = { type: "text", role, content: text, stop_reason: "stop" };
  return new AgentResult(role, [message], [], new Date(0));
}

function assistantResult({ content, toolCalls = [], native }: AssistantMessage): {
  readonly result: AgentResult;
  readonly isRouting: boolean;
} {
  if (native?.of === AGENTKIT) {
    const { agent, isRouting, output, createdAt } = native.value as NativeOutput;
    return { result: new AgentResult(agent, [...output], [], createdAt), isRouting };
  }
  const text: Message[] =
    content === "" ? [] : [{ type: "text", role: "assistant", content, stop_reason: "stop" }];
  const calls = toolCalls.map(
    ({ id, name, input }): KitCall => ({
      type: "tool",
      id,
      name,
      input: input as KitCall["input"],
    }),
  );
  const asked: Message[] =
    calls.length === 0
      ? []
      : [{ type: "tool_call", role: "assistant", tools: calls, stop_reason: "tool" }];
  return {
    result: new AgentResult("assistant", [...text, ...asked], [], new Date(0)),
    isRouting: false,
  };
}

function toolResult(
  { output }: AgentResult,
  { toolCallId: id, toolName: name, content, isError = false }: ToolMessage,
): AgentResult["toolCalls"][number] {
  const input = callsIn(output).find((call) => call.id === id)?.input ?? {};
  return {
    role: "tool_result",
    type: "tool_result",
    tool: { type: "tool", id, name, input },
    content: isError ? { error: { message: String(content) } } : { data: content },
    stop_reason: "tool",
  };
}
