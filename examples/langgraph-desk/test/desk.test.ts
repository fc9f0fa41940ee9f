import { AIMessage } from "@langchain/core/messages";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { expect, test } from "vitest";
import { desk as deskOf } from "../src/desk.ts";
import { plugged } from "../src/plugged.ts";
import { type ChatModel, quickStart } from "../src/quickStart.ts";
import { settled } from "./settled.ts";

test.each([
  [true, "Refunded 123.", ["123"]],
  [false, "Not refunded.", []],
])("a refund waits for a person (%s)", async (approved, response, paid) => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const done: string[] = [];
  let asked = 0;
  const model = {
    async invoke() {
      asked += 1;
      return new AIMessage("123");
    },
  };
  const refund = async (order: string): Promise<unknown> => done.push(order);
  const { store, desk } = await deskOf({ model, refund }, { inngest, storeUrl: "memory:" });
  await server.register({ client: inngest, functions: desk.functions });
  const { runId } = await desk.start({ threadId: "user:42", prompt: "Refund order #123" });
  await server.settle();
  const waiting = await desk.status({ runId });
  expect(waiting?.pending).toMatchObject([{ tool: "ask", input: { order: "123" } }]);
  const decision = { threadId: "user:42", approvalId: waiting?.pending[0]?.id ?? "", by: "dana" };
  await (approved ? desk.approve(decision) : desk.deny(decision));
  await server.settle();
  const ended = await desk.status({ runId });
  expect(ended?.run.outcome).toMatchObject({ output: { response } });
  expect({ asked, done }).toEqual({ asked: 1, done: paid });
  await store[Symbol.asyncDispose]();
});

test("the quick start and the quick start on Perdure say the same", async () => {
  const call = { id: "c1", name: "refund_order", args: { order: "7" } };
  const model: ChatModel = {
    async invoke(messages) {
      const isPaid = messages.at(-1)?.getType() === "tool";
      return isPaid
        ? new AIMessage("Refunded.")
        : new AIMessage({ content: "", tool_calls: [call] });
    },
  };
  expect(await quickStart(model)).toBe("Refunded.");
  expect(await settled((...place) => plugged(model, ...place))).toBe("Refunded.");
});
