import { readFile } from "node:fs/promises";
import { AIMessage } from "@langchain/core/messages";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { settled } from "@perdure/stage/settled";
import { expect, test } from "vitest";
import { desk as deskOf } from "../src/desk.ts";
import { demo } from "../src/demo.ts";
import { callingModel } from "../src/model.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";

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

test("the demo says what its README shows", async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(callingModel)).toBe("Refunded.");
  expect(await settled((...place) => plugged(callingModel, ...place))).toBe("Refunded.");
});
