import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { MockLanguageModelV4 } from "ai/test";
import { expect, test } from "vitest";
import { supportAgent } from "../src/agent.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";
import { settled } from "./settled.ts";

const usage = {
  inputTokens: { total: 100, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 10, text: undefined, reasoning: undefined },
};

const said = [
  { type: "text-start" as const, id: "0" },
  { type: "text-delta" as const, id: "0", delta: "Refunded." },
  { type: "text-end" as const, id: "0" },
];

/** A stub in the place of a provider's model. */
const model = new MockLanguageModelV4({
  async doGenerate({ prompt }) {
    const isPaid = prompt.at(-1)?.role === "tool";
    const refund = { toolCallId: "c1", toolName: "refund_order", input: '{"order":"7"}' };
    return {
      content: [isPaid ? { type: "text", text: "Refunded." } : { type: "tool-call", ...refund }],
      finishReason: { unified: isPaid ? "stop" : "tool-calls", raw: undefined },
      usage,
      warnings: [],
    };
  },
  async doStream({ prompt }) {
    const isPaid = prompt.at(-1)?.role === "tool";
    const refund = { toolCallId: "c1", toolName: "refund_order", input: '{"order":"7"}' };
    return {
      stream: ReadableStream.from([
        ...(isPaid ? said : [{ type: "tool-call" as const, ...refund }]),
        {
          type: "finish" as const,
          finishReason: {
            unified: isPaid ? ("stop" as const) : ("tool-calls" as const),
            raw: undefined,
          },
          usage,
        },
      ]),
    };
  },
});

test("a refund waits for a person, and is paid once", async () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const paid: unknown[] = [];
  const refund = async (...given: readonly unknown[]): Promise<unknown> => paid.push(given);
  const surroundings = { inngest, storeUrl: "memory:", refund };
  const { store, support } = await supportAgent(model, surroundings);
  await server.register({ client: inngest, functions: support.functions });
  const { runId } = await support.start({ threadId: "user:42", prompt: "Refund order 7" });
  await server.settle();
  const waiting = await support.status({ runId });
  expect(waiting?.run.status).toBe("suspended");
  const approvalId = waiting?.pending[0]?.id ?? "";
  await support.approve({ threadId: "user:42", approvalId, by: "dana" });
  await server.settle();
  const done = await support.status({ runId });
  expect(done?.run.outcome).toMatchObject({ output: { response: "Refunded.", iterations: 2 } });
  expect(paid).toEqual([["7", expect.stringMatching(/^[0-9a-f]{40}$/)]]);
  await store[Symbol.asyncDispose]();
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(model)).toBe("Refunded.");
  expect(await settled((...place) => plugged(model, ...place))).toBe("Refunded.");
});
