import type { Message } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import type { ModelResponse } from "../src/index.ts";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

const shapeless: readonly (readonly [string, unknown, string])[] = [
  ["no answer", undefined, "no answer: it must be an object with a text"],
  ["no text", { text: 5 }, "no text: it must be a string"],
  ["null for calls", { text: "", toolCalls: null }, "toolCalls that are not a list"],
  ["text for calls", { text: "", toolCalls: "abc" }, "toolCalls that are not a list"],
  ["a call that is null", { text: "", toolCalls: [null] }, "a tool call without a name"],
  [
    "a call without a name",
    { text: "", toolCalls: [{ id: "a", input: {} }] },
    "a tool call without a name",
  ],
];

test.each(shapeless)(
  "an answer of another shape ends the run at once, and nothing of it is kept: %s",
  async (_name, answer, said) => {
    const world = await createWorld({ model: () => answer as ModelResponse });
    await world.send({ threadId: "t", prompt: "go" }, "e1");
    expect(world.asked).toHaveLength(1);
    expect((await world.agent.status({ runId: "run-e1" }))?.run.outcome).toEqual({
      status: "failed",
      error: { name: "NonRetriableError", message: `The model function gave ${said}.` },
    });
    expect(await world.history()).toEqual([{ role: "user", content: "go" }]);
  },
);

test("calls without ids of their own get some", async () => {
  const work = recorder((input) => input);
  const world = await createWorld({
    tools: { work },
    model: turns(calls(["", "work", 1], ["", "work", {}], ["x", "work", {}], ["x", "work", {}]), {
      text: "done",
    }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const ids = (await world.history()).flatMap((one) =>
    (one as Message).role === "tool" ? [(one as { toolCallId: string }).toolCallId] : [],
  );
  expect(ids).toEqual(["#0", "#1", "x", "x#3"]);
  expect(work.seen).toHaveLength(3);
});

test.each([
  { given: ["#1", ""], kept: ["#1", "#2"] },
  { given: ["x#2", "x", "x"], kept: ["x#2", "x", "x#3"] },
  {
    given: ["i".repeat(5000), "i".repeat(5000)],
    kept: [expect.stringMatching(/^~\w{32}$/), expect.stringMatching(/^~\w{32}#1$/)],
  },
])("each call has an id of its own that can be stored: $kept", async ({ given, kept }) => {
  const work = recorder();
  const world = await createWorld({
    tools: { work },
    model: turns(calls(...given.map((id) => [id, "work", {}] as const)), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go" });
  const results = (await world.history()).filter((one) => (one as Message).role === "tool");
  expect(results.map((one) => (one as { readonly toolCallId: string }).toolCallId)).toEqual(kept);
  expect(work.seen).toHaveLength(given.length);
  expect(world.report()).toMatchObject({ status: "completed" });
});

function refuse(): never {
  throw new Error("no");
}

function unreadable(): Error {
  const error = new Error("x");
  for (const key of ["name", "message", "stack", "code"])
    Object.defineProperty(error, key, { get: refuse });
  return error;
}

test.each([
  ["an error with getters that throw", unreadable()],
  ["an object that has no text", { toJSON: refuse, toString: refuse }],
])(
  "a tool that throws what cannot be read has failed, and the run goes on: %s",
  async (_, thrown) => {
    const work = recorder(() => {
      throw thrown;
    });
    const world = await createWorld({
      tools: { work },
      model: turns(calls(["a", "work", {}]), { text: "sorry" }),
    });
    await world.send({ threadId: "t", prompt: "go" });
    expect(work.seen).toHaveLength(4);
    expect((await world.history())[2]).toMatchObject({
      content: "Error: What was thrown cannot be read.",
      isError: true,
    });
    expect(world.report()).toMatchObject({ status: "completed" });
  },
);
