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
  const { store, support, mastra } = await supportAgent(scriptedModel as never, surroundings);
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

test("the demo says what its README shows", async () => {
  const lines: string[] = [];
  await demo((line) => lines.push(line));
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${lines.join("\n")}\n\`\`\``);
});

test("the quick start and the quick start on Perdure say the same", async () => {
  expect(await quickStart(scriptedModel as never)).toBe("Refunded.");
  expect(await settled((...place) => plugged(scriptedModel as never, ...place))).toBe("Refunded.");
});
