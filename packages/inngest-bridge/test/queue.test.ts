import { expect, test } from "vitest";
import { testEverywhere } from "./bridge/everywhere.ts";
import { calls, createWorld, recorder } from "./bridge/world.ts";

testEverywhere("three messages on one thread are answered one after the other", async (where) => {
  const world = await createWorld({
    ...where,
    model: ({ messages }) => ({ text: `${messages.length}` }),
  });
  for (const id of ["1", "2", "3"])
    await world.agent.start({ threadId: "t", runId: id, prompt: id });
  await world.server.settle({ advance: true });
  expect(await world.history()).toEqual([
    { role: "user", content: "1" },
    { role: "assistant", content: "1" },
    { role: "user", content: "2" },
    { role: "assistant", content: "3" },
    { role: "user", content: "3" },
    { role: "assistant", content: "5" },
  ]);
  await world.agent.start({ threadId: "t", runId: "3", prompt: "again" });
  await world.server.settle({ advance: true });
  expect(await world.history()).toHaveLength(6);
});

test("a wake-up whose answer was lost is sent again under the same id", async () => {
  const world = await createWorld({
    checkpointing: false,
    server: {
      faults: ({ steps }) => (steps.length === 1 && steps[0] === "begin" ? fail() : undefined),
    },
  });
  let lost = 0;
  function fail(): "lose-response" | undefined {
    lost += 1;
    return lost <= 2 ? "lose-response" : undefined;
  }
  for (const id of ["1", "2"]) await world.agent.start({ threadId: "t", runId: id, prompt: id });
  await world.server.settle({ advance: true });
  const wakes = world.server.events().filter(({ id }) => id.startsWith("perdure:wake:"));
  expect(wakes.length).toBeGreaterThan(1);
  expect(new Set(wakes.map(({ id }) => id)).size).toBe(1);
  expect(await world.history()).toHaveLength(4);
  expect(world.asked).toHaveLength(2);
});

test.each(["reject", "cancel"] as const)("a message on a busy thread: %s", async (whenBusy) => {
  const refund = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({
    tools: { refund },
    agent: { whenBusy },
    model: ({ messages }) =>
      messages.length === 1 ? calls(["r", "refund", {}]) : { text: `${messages.length}` },
  });
  await world.send({ threadId: "t", prompt: "one" }, "e1");
  await world.send({ threadId: "t", prompt: "two" }, "e2");
  const first = await world.agent.status({ runId: "run-e1" });
  if (whenBusy === "reject") {
    expect(world.report()).toEqual({ status: "rejected", runId: "run-e2", threadId: "t" });
    expect(first?.run.status).toBe("suspended");
  } else {
    expect(world.report()).toMatchObject({ status: "completed", output: { response: "4" } });
    expect(first?.run.outcome).toEqual({ status: "superseded", by: "run-e2" });
    expect(await world.history()).toHaveLength(5);
  }
});
