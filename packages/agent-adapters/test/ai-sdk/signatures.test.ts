import { createStore, memoryBackend } from "@perdure/checkpoint-core";
import {
  convertToModelMessages,
  isStepCount,
  isToolUIPart,
  streamText,
  tool,
  type UIMessage,
} from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { uiMessageHistory } from "../../src/ai-sdk/index.ts";
import { call, stub, text } from "./stub.ts";

/** A chat whose server signs what it asks, by the SDK's own flow, each request in a process of its own as far as the messages go: they stand in the store alone. */
function signing() {
  const { model, asked } = stub([[call("c", "refund", { order: "7" })], [text("Paid.")]]);
  const paid: string[] = [];
  const refund = tool({
    inputSchema: z.object({ order: z.string() }),
    execute({ order }) {
      paid.push(order);
      return "ok";
    },
  });
  const chat = uiMessageHistory(createStore({ backend: memoryBackend() }));
  const answer = async (): Promise<readonly string[]> => {
    const originalMessages = await chat.load("t");
    const result = streamText({
      model,
      tools: { refund },
      toolApproval: { refund: "user-approval" },
      experimental_toolApprovalSecret: "a secret",
      messages: await convertToModelMessages(originalMessages),
      stopWhen: isStepCount(3),
      // The stream tells of it.
      onError: () => {},
    });
    const stream = result.toUIMessageStream({
      originalMessages,
      generateMessageId: () => "m",
      onError: (error) => (error as Error).name,
      onEnd: async ({ messages }) => chat.save("t", messages),
    });
    const errors: string[] = [];
    for await (const chunk of stream) if (chunk.type === "error") errors.push(chunk.errorText);
    return errors;
  };
  return { chat, answer, paid, asked };
}

const user: UIMessage = { id: "u", role: "user", parts: [{ type: "text", text: "Refund 7" }] };

/** What is different in a call of a message that a person has agreed to. */
type Change = (part: Extract<UIMessage["parts"][number], { toolCallId: string }>) => object;

function agreed({ parts, ...message }: UIMessage, change: Change): UIMessage {
  const answered = parts.map((part) => {
    if (!isToolUIPart(part) || part.state !== "approval-requested") return part;
    const approval = { ...part.approval, approved: true };
    const changed = { ...part, state: "approval-responded", approval };
    return { ...changed, ...change(changed as never) } as typeof part;
  });
  return { ...message, parts: answered };
}

test("what the SDK has signed is carried out when a person agrees to it, once", async () => {
  const { chat, answer, paid, asked } = signing();
  await chat.save("t", [user]);
  expect(await answer()).toEqual([]);
  const part = (await chat.load("t")).at(-1)?.parts.find(isToolUIPart);
  expect(part?.approval).toMatchObject({ signature: expect.stringMatching(/.{20}/) });
  await chat.update("t", "m", (message) => agreed(message, () => ({})));
  expect(await answer()).toEqual([]);
  expect(paid).toEqual(["7"]);
  expect(asked).toHaveLength(2);
  expect((await chat.load("t")).map(({ id, parts }) => [id, parts.at(-1)])).toMatchObject([
    ["u", user.parts[0]],
    ["m", { type: "text", text: "Paid." }],
  ]);
});

test.each<[string, Change]>([
  ["another input", () => ({ input: { order: "8" } })],
  ["another approval", ({ approval }) => ({ approval: { ...approval, id: "another" } })],
  ["no signature", ({ approval }) => ({ approval: { ...approval, signature: undefined } })],
])("what it has signed is not carried out with %s", async (_what, change) => {
  const { chat, answer, paid } = signing();
  await chat.save("t", [user]);
  await answer();
  await chat.update("t", "m", (message) => agreed(message, change));
  expect(await answer()).toEqual(["AI_InvalidToolApprovalSignatureError"]);
  expect(paid).toEqual([]);
});
