import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import { calls, createWorld, turns, type World } from "../bridge/world.ts";
import { testHere } from "../upkeep/here.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";
import { layered, three, waiting } from "./scenes.ts";

async function settled(world: World): Promise<void> {
  await world.server.settle({ advance: true });
}

testHere("an agent that is cancelled while it waits leaves nobody asked", async (where) => {
  const { world, clerk, runId } = await waiting(where);
  const [asked] = await pendingOf(world);
  await world.agent.cancel({ runId, reason: "enough" });
  await settled(world);
  expect(await pendingOf(world)).toEqual([]);
  expect(world.report()).toMatchObject({ status: "completed" });
  const said = 'The agent "clerk" was cancelled: enough';
  expect(await results(world)).toEqual([said]);
  const late = await world.agent.approve({ threadId: "t", approvalId: asked?.id ?? "" });
  expect(late).toMatchObject({
    counted: false,
    approval: { status: "denied", decision: { kind: "deny", reason: said } },
  });
  expect(clerk.refund.seen).toEqual([]);
  expect(world.asked).toHaveLength(2);
});

test("what others wait for is asked on", async () => {
  const { world, clerk } = await three();
  await world.agent.cancel({ runId: clerk.asked[0]?.runId ?? "" });
  await settled(world);
  expect(world.report()).toMatchObject({ status: "waiting" });
  const left = await pendingOf(world);
  expect(left.map(({ tool }) => tool).toSorted()).toEqual(["clerk/refund", "own"]);
  for (const { id } of left) await approve(world, id);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual(['The agent "clerk" was cancelled', "refunded", "own"]);
});

test.each(["deep", "middle"])("an agent below an agent: %s is cancelled", async (which) => {
  const { world, deep, middle } = await layered();
  const { runId = "" } = (which === "deep" ? deep : middle).asked[0] ?? {};
  await world.agent.cancel({ runId });
  await settled(world);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual([
    which === "deep" ? "ok" : 'The agent "middle" was cancelled',
  ]);
  expect(middle.asked).toHaveLength(which === "deep" ? 2 : 1);
  expect(await world.store.runs.get(deep.asked[0]?.runId ?? "")).toMatchObject({
    status: "cancelled",
  });
});

test.each(["start", "event"])("an agent that is superseded on its thread (%s)", async (how) => {
  const { world, threadId } = await waiting({ agent: { whenBusy: "cancel" } });
  const next = { threadId, prompt: "hi", runId: "next" };
  await (how === "start" ? world.agent.start(next) : world.send(next));
  await settled(world);
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual([
    'The agent "clerk" was stopped: another run took its thread.',
  ]);
});

test.each(["before", "behind"])("a cancel just %s the decision", async (when) => {
  const { world, clerk, runId } = await waiting();
  const [asked] = await pendingOf(world);
  const decided = { threadId: "t", approvalId: asked?.id ?? "" };
  if (when === "behind") await world.agent.approve(decided);
  await world.agent.cancel({ runId });
  if (when === "before") await world.agent.approve(decided);
  await settled(world);
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual(['The agent "clerk" was cancelled']);
  expect(clerk.refund.seen).toEqual([]);
});

test.each([1, 2])(
  "a cancel between the suspension of an agent and that of its run (%i below)",
  async (deep) => {
    const clerk = agentOf("clerk", once);
    const middle = agentOf(
      "middle",
      turns(calls(["m", "clerk", { prompt: "x" }]), { text: "ok" }),
      {
        tools: { clerk: delegate(clerk.agent, about) },
      },
    );
    const world = await createWorld({
      tools: { ask: delegate((deep === 1 ? clerk : middle).agent, about) },
      model: turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" }),
    });
    const commit = world.store.commit.bind(world.store);
    Object.assign(world.store, {
      async commit(...given: Parameters<typeof commit>) {
        const [threadId, { settle }] = given;
        const runId = clerk.asked[0]?.runId ?? "";
        if (threadId === "t" && settle?.status === "suspended") await world.agent.cancel({ runId });
        return commit(...given);
      },
    });
    await world.send({ threadId: "t", prompt: "go", runId: "run" });
    expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
    expect(await results(world)).toEqual([deep === 1 ? 'The agent "clerk" was cancelled' : "ok"]);
    expect(clerk.refund.seen).toEqual([]);
  },
);

test("a cancel that is cut short is finished by the same call", async () => {
  const { world, runId } = await waiting();
  await world.store.runs.cancel(runId, { reason: "enough" });
  expect(await pendingOf(world)).toHaveLength(1);
  await world.agent.cancel({ runId });
  await settled(world);
  expect(await results(world)).toEqual(['The agent "clerk" was cancelled: enough']);
});
