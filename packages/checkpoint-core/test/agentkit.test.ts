import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { AgentResult, createAgent, createNetwork, createState, openai } from "@inngest/agent-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createStore, historyConfig, memoryBackend } from "../src/index.ts";

interface Prompt {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const prompts: string[][] = [];
const model = createServer((request, response) => {
  const reply = async (): Promise<void> => {
    const { messages } = (await json(request)) as Prompt;
    prompts.push(messages.map(({ role, content }) => `${role}:${content}`));
    const message = { role: "assistant", content: `reply ${prompts.length}` };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ choices: [{ message, finish_reason: "stop" }] }));
  };
  reply().catch(() => response.destroy());
});
let baseUrl = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    model.listen(0, "127.0.0.1", resolve);
  });
  const address = model.address();
  baseUrl = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1/`;
});
afterAll(() => model.close());

test("a network of AgentKit keeps its conversation, and meets its own message once", async () => {
  const store = createStore({ backend: memoryBackend() });
  const history = historyConfig(store, { AgentResult });
  const agent = createAgent({
    name: "helper",
    system: "You help.",
    model: openai({ model: "stub", apiKey: "stub", baseUrl }),
  });
  const network = createNetwork({
    name: "desk",
    agents: [agent],
    history,
    router: ({ callCount }) => (callCount === 0 ? agent : undefined),
  });
  const first = await network.run("one", { state: createState({}, { threadId: "user:42" }) });
  expect(first.state.threadId).toBe("user:42");
  await network.run("two", { state: createState({}, { threadId: "user:42" }) });

  expect(prompts[1]?.filter((line) => line === "user:two")).toEqual(["user:two"]);
  expect(prompts[1]).toContain("user:one");
  expect(prompts[1]).toContain("assistant:reply 1");
  const stored = await store.history.read<{ readonly by: string }>("user:42");
  expect(stored.map(({ value }) => value.by)).toEqual(["user", "agent", "user", "agent"]);
  const state = createState({}, { threadId: "user:42" });
  const results = await history.get({ state, threadId: "user:42" });
  expect(results.every((result) => result instanceof AgentResult)).toBe(true);
  expect(results.map(({ agentName }) => agentName)).toEqual(["user", "helper", "user", "helper"]);
});
