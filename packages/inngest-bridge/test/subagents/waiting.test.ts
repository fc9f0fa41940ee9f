import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import { calls, createWorld, turns } from "../bridge/world.ts";
import { about, agentOf, once, pendingOf, results } from "./agents.ts";

/** A run that waits in its own execution for what its clerk asks. */
async function waiting() {
  const clerk = agentOf("clerk", once);
  const world = await createWorld({
    tools: { clerk: delegate(clerk.agent, about) },
    model: turns(calls(["a", "clerk", { prompt: "x" }]), { text: "done" }),
    agent: { waitInRun: { timeoutMs: 3_600_000 } },
  });
  await world.server.send({
    name: "ziro/agent.run.requested",
    data: { threadId: "t", runId: "run", prompt: "go" },
  });
  await world.server.settle();
  const { runId = "" } = clerk.asked[0] ?? {};
  const outcomes = (): readonly unknown[] =>
    world.executions().map(({ output }) => (output as { status?: unknown } | undefined)?.status);
  return { world, clerk, runId, outcomes };
}

test("a wake-up that is aimed at an agent below reaches the execution that waits", async () => {
  const { world, clerk, runId, outcomes } = await waiting();
  await world.agent.resume({ runId });
  await world.server.settle();
  expect(outcomes()).toEqual([undefined, "waiting"]);
  const [asked] = await pendingOf(world);
  await world.store.approvals.decide("t", { approvalId: asked?.id }, { kind: "approve" });
  await world.agent.resume({ runId });
  await world.server.settle();
  expect(outcomes()).toEqual(["completed", "waiting", undefined]);
  await world.server.advance("1m");
  expect(outcomes()).toEqual(["completed", "waiting", "ended"]);
  expect(await results(world)).toEqual(["refunded"]);
  expect(clerk.refund.seen).toHaveLength(1);
});

test("an agent below that is cancelled ends the wait", async () => {
  const { world, clerk, runId, outcomes } = await waiting();
  await world.agent.cancel({ runId });
  await world.server.settle();
  expect(outcomes()[0]).toBe("completed");
  expect(await results(world)).toEqual(['The agent "clerk" was cancelled']);
  expect(clerk.refund.seen).toEqual([]);
});
