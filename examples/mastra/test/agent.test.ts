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
    const unified = isPaid ? ("stop" as const) : ("tool-calls" as const);
    return {
      stream: ReadableStream.from([
        ...(isPaid ? said : [{ type: "tool-call" as const, ...refund }]),
        { type: "finish" as const, finishReason: { unified, raw: undefined }, usage },
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
  const { store, support, mastra } = await supportAgent(model as never, surroundings);
  expect(mastra.getAgent("support")).toBe(support);
  await server.register({ client: inngest, functions: support.functions });
  const asked = await support.stream("Refund order 7", { threadId: "user:42" });
  await server.settle();
  const [call, ...more] = (await support.status({ runId: asked.runId }))?.pending ?? [];
  expect([call?.tool, call?.input, more]).toEqual(["refund_order", { order: "7" }, []]);
  const { output } = await support.resume(asked.runId, { approved: true }, { by: "dana" });
  await server.settle();
  expect(await output.text).toBe("Refunded.");
  expect(paid).toEqual([["7", expect.stringMatching(/^[0-9a-f]{40}$/)]]);
  await store[Symbol.asyncDispose]();
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(model as never)).toBe("Refunded.");
  expect(await settled((...place) => plugged(model as never, ...place))).toBe("Refunded.");
});
