import {
  type Model,
  type ModelResponse,
  setTracingDisabled,
  type StreamEvent,
  Usage,
} from "@openai/agents";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { deskAgent } from "../src/agent.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";
import { settled } from "./settled.ts";

type Item = ModelResponse["output"][number];

const call = (callId: string, name: string, given: string): Item => ({
  type: "function_call",
  callId,
  name,
  arguments: given,
  status: "completed",
});

const script: readonly Item[] = [
  call("h1", "transfer_to_billing", "{}"),
  call("c1", "refund_order", '{"order":"7"}'),
  {
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "Refunded." }],
  },
];

/** A stub in the place of a provider's model: it says the next thing for each result that it is shown. */
const saying = (lines: readonly Item[]): Model => ({
  async getResponse({ input }) {
    const results = typeof input === "string" ? [] : input.filter(isResult);
    return {
      output: lines.slice(results.length).slice(0, 1),
      usage: new Usage({ inputTokens: 100, outputTokens: 10 }),
    };
  },
  async *getStreamedResponse(request): AsyncIterable<StreamEvent> {
    const { output, usage } = await this.getResponse(request);
    const { inputTokens, outputTokens, totalTokens } = usage;
    const response: object = { id: "r", output, usage: { inputTokens, outputTokens, totalTokens } };
    yield { type: "response_done", response } as StreamEvent;
  },
});

function isResult({ type }: { readonly type?: string | undefined }): boolean {
  return type === "function_call_result";
}

test("a refund is handed over, waits for a person, and is paid once", async () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const paid: unknown[] = [];
  const refund = async (...given: readonly unknown[]): Promise<unknown> => paid.push(given);
  const provider = { getModel: () => saying(script) };
  const { store, desk } = await deskAgent(provider, { inngest, storeUrl: "memory:", refund });
  await server.register({ client: inngest, functions: desk.functions });
  const { runId } = await desk.start({ threadId: "user:42", prompt: "Refund order 7" });
  await server.settle();
  const waiting = await desk.status({ runId });
  expect(waiting?.run.status).toBe("suspended");
  const approvalId = waiting?.pending[0]?.id ?? "";
  await desk.approve({ threadId: "user:42", approvalId, by: "dana" });
  await server.settle();
  const done = await desk.status({ runId });
  expect(done?.run.outcome).toMatchObject({
    output: {
      response: "Refunded.",
      stats: { agentsInvolved: ["billing", "desk"], finalAgent: "billing" },
    },
  });
  expect(paid).toEqual([["7", expect.stringMatching(/^[0-9a-f]{40}$/)]]);
  await store[Symbol.asyncDispose]();
});

test("the quick start and the quick start on Perdure say the same", async () => {
  setTracingDisabled(true);
  const model = saying(script.slice(1));
  expect(await quickStart(model)).toBe("Refunded.");
  expect(await settled((...place) => plugged(model, ...place))).toBe("Refunded.");
});
