import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { openai } from "@inngest/agent-kit";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, onTestFinished, test } from "vitest";
import { supportDesk } from "../src/desk.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";
import { settled } from "./settled.ts";

/** A stub in the place of a provider: it asks for a refund, and then says what it was told to write about. */
async function provider() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => {
      const { messages } = JSON.parse(text) as { messages: { role: string; content: string }[] };
      const system = messages[0]?.content ?? "";
      asked.push(system);
      const call = { name: "refund_order", arguments: '{"order":"7"}' };
      const message =
        system.startsWith("You refund") && messages.at(-1)?.role !== "tool"
          ? { role: "assistant", tool_calls: [{ id: "c1", type: "function", function: call }] }
          : { role: "assistant", content: "Order 7 is refunded." };
      const usage = { prompt_tokens: 100, completion_tokens: 10 };
      response.end(JSON.stringify({ choices: [{ message, finish_reason: "stop" }], usage }));
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  return { asked, model: openai({ model: "stub", apiKey: "key", baseUrl }) };
}

test("a refund waits for a person, is paid once, and the router goes on with what the tool wrote", async () => {
  const { model, asked } = await provider();
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const paid: unknown[] = [];
  const refund = async (...given: readonly unknown[]): Promise<unknown> => paid.push(given);
  const { store, desk } = await supportDesk(model, { inngest, storeUrl: "memory:", refund });
  await server.register({ client: inngest, functions: desk.functions });
  const { runId } = await desk.start({ threadId: "user:42", prompt: "Refund order 7" });
  await server.settle();
  const waiting = await desk.status({ runId });
  expect([waiting?.run.status, paid.length]).toEqual(["suspended", 0]);
  const approvalId = waiting?.pending[0]?.id ?? "";
  await desk.approve({ threadId: "user:42", approvalId, by: "dana" });
  await server.settle();
  const done = await desk.status({ runId });
  expect(done?.run.outcome).toMatchObject({
    output: {
      response: "Order 7 is refunded.",
      data: { refunded: "7" },
      stats: { agentsInvolved: ["billing", "writer"], finalAgent: "writer" },
    },
  });
  expect(asked).toEqual(["You refund orders.", "Tell the customer about order 7."]);
  expect(paid).toEqual([["7", expect.stringMatching(/^[0-9a-f]{40}$/)]]);
  await store[Symbol.asyncDispose]();
});

test("the quick start and the quick start on Perdure say the same", async () => {
  const { model } = await provider();
  expect(await quickStart(model)).toMatchObject({ content: "Order 7 is refunded." });
  expect(await settled((...place) => plugged(model, ...place))).toBe("Order 7 is refunded.");
});
