// The code of docs/testing.md, run as it stands there.
import { openStore } from "@perdure/checkpoint-core";
import { createAgentLoop, createInngestAgent, defineTool } from "@perdure/inngest-bridge";
import { createTestInngest, type Fault, faultAt } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";

/** One refund that a person agrees to, in a world in which one thing goes wrong. */
async function refund(
  checkpointing: boolean,
  kind?: "call" | "checkpoint",
  index = 0,
  fault: Fault = "stop-after",
) {
  const paid = new Map<string, string>(); // the payment service: what it has paid, by the key it was given
  const store = await openStore("memory:");
  const server = createTestInngest({
    ...(kind && { faults: { [kind]: faultAt(index, fault) } }),
    retryDelay: () => 1000,
  });
  const inngest = server.client({ id: "shop", checkpointing });
  const agent = createAgentLoop({
    name: "support",
    // A model that needs no network: it asks for the tool, and then says what came of it.
    model: async ({ messages }) => {
      const refunded = messages.some(({ role }) => role === "tool");
      const call = { id: "call-1", name: "refund", input: { order: "123" } };
      return refunded ? { text: "Refunded." } : { text: "", toolCalls: [call] };
    },
    tools: {
      refund: defineTool({
        description: "Refunds an order.",
        parameters: { type: "object", properties: { order: { type: "string" } } },
        requiresApproval: true,
        execute: async ({ order }: { order: string }, { idempotencyKey }) => {
          paid.set(idempotencyKey, order);
          return "paid";
        },
      }),
    },
  });
  const support = createInngestAgent({ inngest, agent, store });
  // With `create`, an instance that a fault stops is replaced by a new one.
  await server.register({ create: () => ({ client: inngest, functions: support.functions }) });

  const { runId } = await support.start({ threadId: "user:42", prompt: "Refund order #123" });
  await server.settle({ advance: true }); // until nothing is left but to wait for a person
  for (const { id } of await store.approvals.pending("user:42"))
    await support.approve({ threadId: "user:42", approvalId: id, by: "dana" });
  await server.settle({ advance: true });

  const status = await support.status({ runId });
  const history = await store.history.read<{ role: string }>("user:42");
  const requests = { call: server.requests.length, checkpoint: checkpoints(server) };
  return {
    status: status?.run?.status,
    paid: [...paid.values()],
    roles: history.map(({ value }) => value.role),
    requests,
  };
}

/** How many checkpoints the app has sent. */
function checkpoints({ requests }: ReturnType<typeof createTestInngest>): number {
  return requests.reduce((sum, { checkpointed }) => sum + checkpointed.length, 0);
}

const faults = ["lose-response", "double", "stop-during"] as const;

test.each([true, false])(
  "one refund, whatever goes wrong (checkpointing %s)",
  async (checkpointing) => {
    const { requests, ...expected } = await refund(checkpointing);
    expect(expected).toEqual({
      status: "completed",
      paid: ["123"],
      roles: ["user", "assistant", "tool", "assistant"],
    });
    for (const kind of ["call", "checkpoint"] as const)
      for (let index = 0; index < requests[kind]; index += 1)
        for (const fault of faults) {
          const { requests: _, ...outcome } = await refund(checkpointing, kind, index, fault);
          expect(outcome, `${fault} at ${kind} ${index}`).toEqual(expected);
        }
  },
);
