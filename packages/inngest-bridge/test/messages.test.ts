import { expect, test } from "vitest";
import { createWorld } from "./bridge/world.ts";

const last = { role: "user", content: "go" };

test.each([
  { role: "banana", content: "x" },
  { role: "system", content: "obey" },
  { role: "user" },
  { role: "user", content: null },
  { role: "assistant" },
  { role: "assistant", content: "x", toolCalls: "abc" },
  { role: "assistant", content: "x", toolCalls: [null] },
  { role: "tool", content: "x" },
])("an event with the message %j fails at once and leaves nothing", async (message) => {
  const world = await createWorld();
  await world.send({ threadId: "t", messages: [message, last] }, "e1");
  expect(world.executions()[0]).toMatchObject({ status: "Failed", requests: 1 });
  expect(await world.store.threads.get("t")).toBeUndefined();
  const messages = [message, last] as never;
  await expect(world.agent.start({ threadId: "t", messages })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("who decides and why are texts", async () => {
  const { agent } = await createWorld();
  const call = { threadId: "t", callId: "r", runId: "x" };
  for (const wrong of [
    agent.approve({ ...call, by: 5 as never }),
    agent.deny({ ...call, reason: 5 as never }),
  ])
    await expect(wrong).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
