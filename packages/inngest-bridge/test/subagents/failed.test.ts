import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { about, agentOf, approve, pendingOf, results } from "./agents.ts";

/** A run with an agent that has failed, beside a call that waits for a person where `waits`. */
async function failing(waits: boolean) {
  const fails = agentOf("fails", () => {
    throw new NonRetriableError("down");
  });
  const own = recorder(() => "own", { requiresApproval: waits });
  const world = await createWorld({
    tools: { ask: delegate(fails.agent, about), own },
    model: turns(calls(["a", "ask", { prompt: "x" }], ["b", "own", {}]), { text: "done" }),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const { runId = "", threadId = "" } = fails.asked[0] ?? {};
  const child = async () => world.store.runs.get(runId);
  return { world, fails, runId, threadId, child };
}

const told = ['The agent "fails" failed. NonRetriableError: down', "own"];

test.each([true, false])(
  "an agent that has failed is retried by nobody (the run above waits: %s)",
  async (waits) => {
    const { world, fails, runId, threadId, child } = await failing(waits);
    const before = await child();
    expect(before).toMatchObject({ status: "failed", outcome: { error: { message: "down" } } });
    await expect(world.agent.retry(runId)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("the run run"),
    });
    await world.resume({ threadId, runId, retry: before?.revision });
    if (waits) expect(world.report()).toMatchObject({ status: "waiting" });
    expect(await child()).toEqual(before);
    if (waits) await approve(world, (await pendingOf(world))[0]?.id);
    expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
    expect(await results(world)).toEqual(told);
    expect([fails.asked.length, world.asked.length]).toEqual([1, 2]);
  },
);

test("a failure of an agent stays what it is when the run above is cancelled", async () => {
  const { world, child } = await failing(true);
  await world.agent.cancel({ runId: "run" });
  expect(await child()).toMatchObject({
    status: "failed",
    outcome: { error: { message: "down" } },
  });
});
