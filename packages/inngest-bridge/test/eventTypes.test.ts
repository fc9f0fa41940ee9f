import { expect, test } from "vitest";
import { resumeEventType, resumeRequested, runEventType, runRequested } from "../src/index.ts";
import { createWorld } from "./bridge/world.ts";

test.each([
  [runEventType("my/run"), runRequested],
  [resumeEventType("my/resume"), resumeRequested],
])("an event type under a name of one's own has the schema of ours", async (own, ours) => {
  expect(own.name).toMatch(/^my\//);
  for (const data of [
    { threadId: "t" },
    { threadId: 5 },
    { threadId: "t", decisions: 5, prompt: 5 },
  ])
    expect(await own.schema["~standard"].validate(data)).toEqual(
      await ours.schema["~standard"].validate(data),
    );
});

test("an agent with events of its own refuses what they cannot carry, by their schema", async () => {
  const world = await createWorld({ agent: { runEvent: "my/run", resumeEvent: "my/resume" } });
  await world.server.send([
    { name: "my/run", data: { threadId: "t", prompt: 5 } },
    { name: "my/resume", data: { threadId: "t", decisions: 5 } },
  ]);
  await world.server.settle({ advance: true });
  expect(world.executions().map(({ status, error }) => [status, error?.name])).toEqual([
    ["Failed", "EventValidationError"],
    ["Failed", "EventValidationError"],
  ]);
  expect(await world.store.runs.list()).toEqual({ runs: [] });
});
