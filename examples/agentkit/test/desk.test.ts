import { readFile } from "node:fs/promises";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { settled } from "@perdure/stage/settled";
import { expect, test } from "vitest";
import { supportDesk } from "../src/desk.ts";
import { demo } from "../src/demo.ts";
import { scriptedProvider } from "../src/model.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";

test("a refund waits for a person, is paid once, and the router goes on with what the tool wrote", async () => {
  await using provider = await scriptedProvider();
  const { model, asked } = provider;
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

test("the demo says what its README shows", async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("the quick start and the quick start on Perdure say the same", async () => {
  await using provider = await scriptedProvider();
  const { model } = provider;
  expect(await quickStart(model)).toMatchObject({ content: "Order 7 is refunded." });
  expect(await settled((...place) => plugged(model, ...place))).toBe("Order 7 is refunded.");
});
