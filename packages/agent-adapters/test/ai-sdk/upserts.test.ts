import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import { generateText, isStepCount, type ModelMessage, tool, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { modelMessageHistory, uiMessageHistory } from "../../src/ai-sdk/index.ts";
import { call, stub, text } from "./stub.ts";

function said(content: string, role: "user" | "assistant" = "assistant"): ModelMessage {
  return { role, content };
}

function waiting(toolCallId: string): never {
  return { type: "tool-refund", toolCallId, state: "approval-requested", input: {} } as never;
}

const tools = {
  look: tool({ inputSchema: z.object({}), execute: () => "seen" }),
};

test("an answer that is written after each of its steps, and asked for anew behind a crash, is there once", async () => {
  const store = createStore({ backend: memoryBackend() });
  const history = modelMessageHistory(store);
  const question = said("Look", "user");
  const answer = async (last: string, dies: boolean): Promise<readonly ModelMessage[]> => {
    const { model } = stub([[text("Hm."), call("c", "look", {})], [text(last)]]);
    const { responseMessages } = await generateText({
      model,
      tools,
      messages: [question],
      stopWhen: isStepCount(dies ? 1 : 3),
      onStepEnd: async ({ response }) =>
        history.upsert("t", [question, ...response.messages], { id: "q1" }),
    });
    return responseMessages;
  };
  await answer("never heard", true);
  expect((await history.load("t")).map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
  const messages = await answer("One", false);
  await history.upsert("t", [question, ...messages], { id: "q1", operationId: "end" });
  expect(await history.load("t")).toEqual([question, ...messages]);
  expect(messages.map(({ role }) => role)).toEqual(["assistant", "tool", "assistant"]);
  const { model, asked } = stub([[text("Again")]], { before: () => 2 });
  await generateText({ model, messages: [...(await history.load("t")), said("More", "user")] });
  expect(asked[0]?.prompt.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
  ]);
});

test("messages stand where they stood, further ones behind them, and what is left over is gone", async () => {
  const store = createStore({ backend: memoryBackend() });
  const history = modelMessageHistory(store);
  const texts = async (): Promise<unknown[]> =>
    (await history.load("t")).map(({ content }) => content);
  await history.upsert("t", [said("a"), said("b")], { id: "1" });
  await history.append("t", [said("behind", "user")], { operationId: "u" });
  await history.upsert("t", [said("x")], { id: "1/0" });
  await history.upsert("t", [said("A"), said("B"), said("C")], { id: "1", operationId: "long" });
  expect(await texts()).toEqual(["A", "B", "C", "behind", "x"]);
  await history.upsert("t", [said("short")], { id: "1" });
  await history.upsert("t", [said("A"), said("B"), said("C")], { id: "1", operationId: "long" });
  expect(await texts()).toEqual(["short", "behind", "x"]);
  await history.upsert("t", [], { id: "1" });
  expect(await texts()).toEqual(["behind", "x"]);
  for (const options of [undefined, {}, { id: "" }])
    await expect(history.upsert("t", [], options as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
});

test("of lists that are written at once under one id one is there, whole, and what others say stays", async () => {
  const backend = memoryBackend();
  const open = () => modelMessageHistory(createStore({ backend }));
  const lists = Array.from({ length: 8 }, (_, n) =>
    Array.from({ length: 1 + (n % 3) }, () => said(`${n}`)),
  );
  await Promise.all(
    lists.flatMap((list, n) => [
      open().upsert("t", list, { id: "1" }),
      open().append("t", [said(`beside ${n}`)], { operationId: `${n}` }),
    ]),
  );
  const all = (await open().load("t")).map(({ content }) => content as string);
  const beside = all.filter((content) => content.startsWith("beside"));
  const [first = "", ...rest] = all.filter((content) => !content.startsWith("beside"));
  expect(new Set(beside)).toEqual(new Set(lists.map((_, n) => `beside ${n}`)));
  expect([first, ...rest]).toEqual(lists[Number(first)]?.map(({ content }) => content));
});

test("no message is rewritten while a run has the thread", async () => {
  const store = createStore({ backend: memoryBackend() });
  const history = modelMessageHistory(store);
  await history.upsert("t", [said("a")], { id: "1" });
  await store.runs.begin("t", {
    runId: "r",
    execution: "e",
    event: "e",
    operationId: "o",
    input: {},
    ms: 1000,
    whenBusy: "reject",
  });
  await expect(history.upsert("t", [said("b")], { id: "1" })).rejects.toMatchObject({
    code: "CONFLICT",
  });
});

test("of answers to two calls of one message, given at once, neither is lost", async () => {
  const backend = memoryBackend();
  const open = () => uiMessageHistory(createStore({ backend }));
  const message: UIMessage = { id: "m", role: "assistant", parts: [waiting("c1"), waiting("c2")] };
  await open().save("t", [message]);
  const approve = async (toolCallId: string): Promise<UIMessage | undefined> =>
    open().update("t", "m", ({ parts, ...rest }) => ({
      ...rest,
      parts: parts.map((part) =>
        "toolCallId" in part && part.toolCallId === toolCallId
          ? (Object.assign(part, { state: "approval-responded" }) as never)
          : part,
      ),
    }));
  await Promise.all([approve("c1"), approve("c2")]);
  const [stored] = await open().load("t");
  expect(stored?.parts).toMatchObject([
    { state: "approval-responded" },
    { state: "approval-responded" },
  ]);
  expect(await open().update("t", "none", (one) => one)).toBeUndefined();
});
