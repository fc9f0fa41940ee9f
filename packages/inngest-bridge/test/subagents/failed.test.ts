import { NonRetriableError } from "inngest";
import { expect, test } from "vitest";
import { delegate, refusalsOf } from "../../src/index.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";

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

/** A run that waits beside an agent which has been decided on, has done the call, and has failed behind it. */
async function failedBehind(trust: object) {
  const fails = agentOf(
    "fails",
    turns(calls(["r", "refund", { order: 1 }], ["late", "look", {}]), () => {
      throw new NonRetriableError("down");
    }),
    { tools: { refund: recorder(() => "paid", { requiresApproval: true }), look: recorder() } },
  );
  const own = recorder(() => "own", { requiresApproval: true });
  const world = await createWorld({
    tools: { ask: delegate(fails.agent, about), own },
    model: turns(calls(["a", "ask", { prompt: "x" }], ["b", "own", {}]), { text: "done" }),
    loop: { resumeWhen: "any" },
    agent: trust,
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const asked = (await pendingOf(world)).find(({ tool }) => tool === "ask/refund");
  await approve(world, asked?.id);
  const { runId = "", threadId = "" } = fails.asked[0] ?? {};
  expect(await world.store.runs.get(runId)).toMatchObject({ status: "failed" });
  return { world, fails, runId, threadId };
}

test.each(["r", "late"])(
  "a decision on a call of an agent that has failed is told the outcome (%s)",
  async (callId) => {
    const { world, fails, runId, threadId } = await failedBehind({ trustEvents: true });
    const decisions = { [callId]: { decision: "reject" } };
    await world.resume({ threadId, runId, decisions });
    const run = { runId, status: "failed", outcome: { error: { message: "down" } } };
    expect(world.report()).toMatchObject({ runId, status: "ended", reason: "failed", run });
    await expect(world.agent.approve({ threadId, runId, callId })).rejects.toMatchObject({
      code: "CONFLICT",
      cause: { runId, outcome: { status: "failed", error: { message: "down" } } },
    });
    expect((await refusalsOf(world.store, threadId)).events).toEqual([]);
    expect(fails.asked).toHaveLength(2);
  },
);

test("a decision on a call of an agent that goes on is refused, and says who asks", async () => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    tools: { ask: delegate(waits.agent, about) },
    model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
    agent: { trustEvents: true },
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const { runId = "", threadId = "" } = waits.asked[0] ?? {};
  const refused = { code: "INVALID_ARGUMENT", message: expect.stringContaining("the run run") };
  for (const named of [{ runId }, {}])
    await expect(world.agent.approve({ threadId, callId: "r", ...named })).rejects.toMatchObject(
      refused,
    );
  await world.resume({ threadId, runId, decisions: { r: { decision: "approve" } } });
  expect(world.executions().at(-1)?.status).toBe("Failed");
  const [entry] = (await refusalsOf(world.store, threadId)).events;
  expect(entry?.value).toMatchObject(refused);
  expect(waits.refund.seen).toEqual([]);
  await approve(world, (await pendingOf(world))[0]?.id);
  expect(await results(world)).toEqual(["refunded"]);
});
