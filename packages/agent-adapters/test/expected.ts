import type { RunChunk } from "@perdure/inngest-bridge";
import type { World } from "./world.ts";

/** What becomes of a run that looks one order up and answers, by whatever framework; `model` is what that calls its stub. */
export function lookedUp(model: string | null): object {
  return {
    status: "completed",
    output: {
      response: "It is on its way.",
      iterations: 2,
      status: "completed",
      stats: {
        totalToolCalls: 1,
        totalMessages: 2,
        totalReasoningSteps: 0,
        totalItems: 4,
        agentsInvolved: ["support"],
        agentCount: 1,
        startingAgent: "support",
        finalAgent: "support",
        inputTokens: 200,
        outputTokens: 20,
        totalTokens: 220,
        totalCostUsd: null,
        model,
      },
    },
  };
}

/** What the thread of that run holds. */
export const LOOKED_UP: readonly object[] = [
  { role: "user", content: "Where is order 7?" },
  {
    role: "assistant",
    content: "Let me see.",
    toolCalls: [{ id: "c1", name: "lookup", input: { order: "7" } }],
  },
  { role: "tool", toolCallId: "c1", toolName: "lookup", content: { status: "sent" } },
  { role: "assistant", content: "It is on its way." },
];

/** What a reader of a run sees who comes when it is over, in a few words. */
export async function seenIn({ agent }: World, runId: string): Promise<readonly string[]> {
  const { fullStream } = await agent.observe(runId);
  const seen: string[] = [];
  for await (const chunk of fullStream) seen.push(...shown(chunk));
  return seen;
}

function shown({ event, data }: RunChunk): readonly string[] {
  if ("delta" in data) return [`${event} ${data.partId} ${data.delta}`];
  if ("partId" in data) return [`${event} ${data.partId}`];
  return [event];
}

/** What is seen of a run that says something, looks something up by a tool that tells what it finds in two pieces, and answers. */
export const HEARD: readonly string[] = [
  "run.started",
  "part.created 1:text",
  "text.delta 1:text Let me see.",
  "part.created 1:call:c1",
  'tool_call.arguments.delta 1:call:c1 {"n":1}',
  "part.completed 1:text",
  "part.completed 1:call:c1",
  "step.completed",
  "part.created 1:output:c1",
  "tool_call.output.delta 1:output:c1 half done",
  "part.completed 1:output:c1",
  "step.completed",
  "part.created 2:text",
  "text.delta 2:text Found it.",
  "part.completed 2:text",
  "step.completed",
  "run.completed",
  "stream.ended",
];
