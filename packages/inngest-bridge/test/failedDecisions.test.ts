import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

/** Two refunds wait for a person; one was agreed to, and the run has failed behind it. */
async function failedBetween(): Promise<{
  readonly world: World;
  readonly refund: ReturnType<typeof recorder>;
}> {
  const refund = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({
    tools: { refund },
    loop: { resumeWhen: "any" },
    agent: { functionOptions: { retries: 0 } },
    model: turns(calls(["c1", "refund", { n: 1 }], ["c2", "refund", { n: 2 }]), { text: "done" }),
  });
  await world.agent.start({ threadId: "t", prompt: "x", runId: "r" });
  await world.server.settle({ advance: true });
  await world.agent.resume("r", { c1: { decision: "approve" } }, { budget: { maxLlmCalls: 1 } });
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.status).toBe("failed");
  return { world, refund };
}

const loose = { budget: { maxLlmCalls: 5 } };

async function pendingOf({ agent }: World): Promise<readonly string[] | undefined> {
  return (await agent.status({ runId: "r" }))?.pending.map(({ callId }) => callId);
}

test("a decision that comes with a retry is recorded ahead of it", async () => {
  const { world } = await failedBetween();
  const retry = (await world.store.runs.get("r"))?.revision ?? 0;
  await world.agent.resume("r", { c2: { decision: "reject", reason: "no" } }, { ...loose, retry });
  await world.server.settle({ advance: true });
  expect(await world.store.runs.get("r")).toMatchObject({ status: "completed" });
  const said = JSON.stringify(world.asked.at(-1)?.messages);
  expect(said).toContain("no");
  expect(await pendingOf(world)).toEqual([]);
});

test("a decision on a failed run is recorded also without a retry, which it waits for", async () => {
  const { world, refund } = await failedBetween();
  expect(await pendingOf(world)).toEqual(["c2"]);
  const stream = await world.agent.resume("r", { c2: { decision: "approve" } });
  expect(await stream.output.ending).toMatchObject({ status: "failed" });
  expect(await pendingOf(world)).toEqual([]);
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.status).toBe("failed");
  const retry = (await world.store.runs.get("r"))?.revision ?? 0;
  await world.agent.resume({ runId: "r", retry, ...loose });
  await world.server.settle({ advance: true });
  expect((await world.store.runs.get("r"))?.status).toBe("completed");
  expect(refund.seen.map(({ input }) => input)).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a decision on a call that nobody asks about is refused, on a failed run too", async () => {
  const { world } = await failedBetween();
  const other = { nope: { decision: "approve" } };
  await expect(world.agent.resume("r", other)).rejects.toMatchObject({ code: "NOT_FOUND" });
  const retry = (await world.store.runs.get("r"))?.revision ?? 0;
  const retried = world.agent.resume("r", other, { retry, ...loose });
  await expect(retried).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await world.store.runs.get("r")).toMatchObject({ status: "failed", revision: retry });
});

test("several decisions, one of them on an unknown call, are refused together", async () => {
  const refund = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({
    tools: { refund },
    model: turns(calls(["c", "refund", {}]), { text: "done" }),
  });
  await world.agent.start({ threadId: "t", prompt: "x", runId: "r" });
  await world.server.settle({ advance: true });
  const both = { c: { decision: "approve" }, nope: { decision: "approve" } };
  const resumed = world.agent.resume("r", both, loose);
  await expect(resumed).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(await pendingOf(world)).toEqual(["c"]);
  expect((await world.store.runs.get("r"))?.input).not.toHaveProperty("options");
});
