import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

test("a limited history never cuts the question, or a turn, of the run in hand", async () => {
  const world = await createWorld({
    tools: { work: recorder() },
    loop: { historyLimit: 2 },
    model: ({ turn, runId }) =>
      runId === "run-e2" && turn < 6 ? calls([`c${turn}`, "work", {}]) : { text: "done" },
  });
  await world.send({ threadId: "t", prompt: "old" }, "e1");
  await world.send({ threadId: "t", prompt: "question" }, "e2");
  for (const { messages } of world.asked.slice(1))
    expect(messages[0]).toEqual({ role: "user", content: "question" });
  expect(world.asked.at(-1)?.messages).toHaveLength(11);
});

test("a limited history begins with a user message, and goes back no further", async () => {
  const world = await createWorld({
    loop: { historyLimit: 4 },
    model: ({ messages }) => ({ text: String(messages.length) }),
  });
  for (const prompt of ["a", "b", "c", "d"]) await world.send({ threadId: "t", prompt });
  expect(world.asked.map(({ messages }) => messages[0]?.content)).toEqual(["a", "a", "b", "c"]);
});

test("a result in the run is small, however many there are, and whole in the store", async () => {
  const said = "r".repeat(31 * 1024);
  const many = Array.from({ length: 30 }, (_, index) => [`c${index}`, "work", {}] as const);
  const world = await createWorld({
    tools: { work: recorder(() => said) },
    model: turns(calls(...many), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const steps = world.executions()[0]?.steps ?? [];
  expect(steps.find(({ name }) => name === "tool-work")?.data).toMatchObject({
    data: {
      value: { callId: "c0", isError: false, bytes: 31 * 1024 + 2, preview: "r".repeat(200) },
    },
  });
  expect(JSON.stringify(steps).length).toBeLessThan(50 * 1024);
  expect(world.asked[1]?.messages.at(-1)).toMatchObject({ toolCallId: "c29", content: said });
});
