import type { Message } from "@perdure/checkpoint-core";
import { type AgentLoopOptions, createAgentLoop, type ModelRequest } from "../../src/index.ts";
import { calls, recorder, type Script, turns, type World } from "../bridge/world.ts";

/** What is said of an agent where it does not matter. */
export const about = { description: "Helps." };

/** An agent of one tool, `refund`, which needs a person; and what was asked of its model. */
export function agentOf(name: string, script: Script, more: Partial<AgentLoopOptions> = {}) {
  const refund = recorder(() => `paid by ${name}`, { requiresApproval: true });
  const asked: ModelRequest[] = [];
  const agent = createAgentLoop({
    name,
    tools: { refund },
    ...more,
    model: async (request) => {
      asked.push(request);
      return script(request);
    },
  });
  return { agent, refund, asked };
}

/** What the thread asks a person for. */
export async function pendingOf({
  store,
}: World): Promise<readonly { id: string; tool: string }[]> {
  return (await store.approvals.pending("t")).map(({ id, tool, input }) => ({ id, tool, input }));
}

/** A person agrees, and all that follows happens. */
export async function approve({ agent, server }: World, approvalId = ""): Promise<void> {
  await agent.approve({ threadId: "t", approvalId });
  await server.settle({ advance: true });
}

/** What the calls of the thread gave. */
export async function results(world: World): Promise<readonly unknown[]> {
  const messages = (await world.history()) as readonly Message[];
  return messages.filter(({ role }) => role === "tool").map(({ content }) => content);
}

/** One refund, and then an answer. */
export const once: Script = turns(calls(["r", "refund", { order: 1 }]), { text: "refunded" });
