import { readFile } from "node:fs/promises";
import { createTestInngest } from "@perdure/inngest-bridge/testing";
import { settled } from "@perdure/stage/settled";
import { expect, test } from "vitest";
import { supportAgent } from "../src/agent.ts";
import { demo } from "../src/demo.ts";
import { scriptedModel } from "../src/model.ts";
import { plugged } from "../src/plugged.ts";
import { quickStart } from "../src/quickStart.ts";

test("a refund waits for a person, and is paid once", async () => {
  const server = createTestInngest();
  const inngest = server.client({ id: "app" });
  const paid: unknown[] = [];
  const refund = async (...given: readonly unknown[]): Promise<unknown> => paid.push(given);
  const surroundings = { inngest, storeUrl: "memory:", refund };
  const { store, support } = await supportAgent(scriptedModel, surroundings);
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

test("the demo says what its README shows", async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(scriptedModel)).toBe("Refunded.");
  expect(await settled((...place) => plugged(scriptedModel, ...place))).toBe("Refunded.");
});
