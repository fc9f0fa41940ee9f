import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { tool, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  aiSdkAgent,
  modelMessageHistory,
  modelMessagesOf,
  uiMessageHistory,
} from "../../src/ai-sdk/index.ts";
import { createWorld } from "../world.ts";
import { call, stub, text } from "./stub.ts";

const user: UIMessage = { id: "u", role: "user", parts: [{ type: "text", text: "Refund 7" }] };

function refund(state: "approval-requested" | "approval-responded"): UIMessage {
  const approval = {
    id: "a",
    signature: "s",
    ...(state === "approval-responded" ? { approved: true } : {}),
  };
  const part = { type: "tool-refund", toolCallId: "c", state, input: { order: "7" }, approval };
  return { id: "m", role: "assistant", parts: [part as never] };
}

test("a message that goes on is updated in its place, with its signature", async () => {
  const store = createStore({ backend: memoryBackend() });
  const chat = uiMessageHistory(store);
  await chat.save("t", [user, refund("approval-requested")], { operationId: "1" });
  await chat.save("t", [user, refund("approval-responded")], { operationId: "2" });
  await chat.save("t", [user, refund("approval-responded")], { operationId: "2" });
  expect(await chat.load("t")).toEqual([user, refund("approval-responded")]);
  expect(await store.history.count("t")).toBe(2);
});

const said = (id: string, role: UIMessage["role"], words: string): UIMessage => ({
  id,
  role,
  parts: [{ type: "text", text: words }],
});

test("an answer that was asked for again takes the place of the one before, and of nothing else", async () => {
  const store = createStore({ backend: memoryBackend() });
  const chat = uiMessageHistory(store);
  const trigger = "regenerate-message";
  const [u2, first, second, third] = [
    said("u2", "user", "And 8"),
    said("a1", "assistant", "No."),
    said("a2", "assistant", "Yes."),
    said("a3", "assistant", "It is paid."),
  ] as const;
  await chat.save("t", [user, first], { trigger: "submit-message" });
  await chat.save("t", [user, first, u2, third]);
  // A page that has not heard of the second question asks for the first answer again.
  for (let time = 0; time < 2; time += 1) await chat.save("t", [user, second], { trigger });
  expect(await chat.load("t")).toEqual([user, second, u2, third]);
  // What is late without having been asked for again takes nobody's place.
  const late = said("a4", "assistant", "Cut sh");
  await chat.save("t", [user, late]);
  expect(await chat.load("t")).toEqual([user, second, u2, third, late]);
  // Two pages at once: the answer is one of the two, and a decision on another message is not lost.
  const [one, two, decided] = [
    said("b1", "assistant", "1"),
    said("b2", "assistant", "2"),
    { ...u2, metadata: { seen: 1 } },
  ] as const;
  await Promise.all([
    chat.save("t", [user, one], { trigger }),
    chat.save("t", [user, two], { trigger }),
    chat.update("t", "u2", () => decided),
  ]);
  const [, answer, ...others] = await chat.load("t");
  expect([one, two]).toContainEqual(answer);
  expect(others).toEqual([decided, third, late]);
});

test("messages of a server's agent are appended once", async () => {
  const store = createStore({ backend: memoryBackend() });
  const history = modelMessageHistory(store);
  const messages = [
    { role: "user" as const, content: "hi" },
    { role: "assistant" as const, content: "ho" },
  ];
  await history.append("t", messages, { operationId: "step-1" });
  await history.append("t", messages, { operationId: "step-1" });
  expect(await history.load("t")).toEqual(messages);
});

test("a chat goes on behind a run, and a run behind a chat", async () => {
  const { model, asked } = stub([[call("c", "look", { n: 1 })], [text("one")]], {
    before: () => 1,
  });
  const look = tool({
    inputSchema: z.object({ n: z.number() }),
    execute: ({ n }) => ({ found: n }),
  });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { look } }) });
  const chat = uiMessageHistory(world.store);
  const greeting: UIMessage = {
    id: "g",
    role: "assistant",
    parts: [{ type: "text", text: "Hello" }],
  };
  await chat.save("t", [user, greeting]);
  await world.run("Look");
  expect(asked[0]?.prompt.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  const told = await chat.load("t");
  expect(told.map(({ role, parts }) => [role, parts.map(({ type }) => type)])).toEqual([
    ["user", ["text"]],
    ["assistant", ["text"]],
    ["user", ["text"]],
    ["assistant", ["step-start", "tool-look", "step-start", "text"]],
  ]);
  const more: UIMessage = { ...user, id: "u2" };
  await chat.save("t", [...told, more]);
  expect(await chat.load("t")).toEqual([...told, more]);
  const changed = told.map((one) => Object.assign(one, { metadata: { liked: true } }));
  await expect(chat.save("t", changed)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("what a provider wants to hear again is kept: reasoning with its signature, files, its own tools", async () => {
  const signature = { stub: { signature: "xyz" } };
  const thought = { type: "reasoning", text: "Hm.", providerMetadata: signature } as const;
  const { model, asked } = stub([[thought, text("A"), call("c", "look", {})], [text("B")]]);
  const look = tool({ inputSchema: z.object({}), execute: () => "seen" });
  const world = await createWorld({ agent: aiSdkAgent({ name: "a", model, tools: { look } }) });
  const runId = await world.run("Look");
  expect((await world.status(runId)).run.outcome).toMatchObject({
    output: { stats: { totalReasoningSteps: 1, totalItems: 5 } },
  });
  const messages = await modelMessagesOf(await world.history());
  expect(messages[1]).toEqual({
    role: "assistant",
    content: [
      { type: "reasoning", text: "Hm.", providerOptions: signature },
      { type: "text", text: "A" },
      { type: "tool-call", toolCallId: "c", toolName: "look", input: {} },
    ],
  });
  expect(JSON.stringify(asked[1]?.prompt)).toContain("xyz");
});
