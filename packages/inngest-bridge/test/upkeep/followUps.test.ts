import { expect, test } from "vitest";
import { createWorld, type World, type WorldOptions } from "../bridge/world.ts";
import { testHere } from "./here.ts";

const HOUR = 3_600_000;
/** By the store's clock, which is the real one, its time has come at once. */
const NOW = 1;

async function talked(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld({
    model: ({ messages }) => ({ text: `heard ${messages.length}` }),
    ...options,
  });
  await world.server.send({
    name: "ziro/agent.run.requested",
    id: "e1",
    data: { threadId: "t", prompt: "one" },
  });
  await world.server.settle();
  return world;
}

const said = async (world: World): Promise<readonly unknown[]> =>
  (await world.history()).map((value) => (value as { content: unknown }).content);

testHere(
  "a follow-up starts a run at its time, once, also when its event comes twice",
  async (where) => {
    const world = await talked(where);
    const set = await world.agent.followUp("t", {
      after: HOUR,
      id: "nudge",
      prompt: "Still there?",
    });
    expect(set).toMatchObject({ id: "nudge", threadId: "t", status: "waiting" });
    const again = await world.agent.followUp("t", {
      after: 2 * HOUR,
      id: "nudge",
      prompt: "other",
    });
    expect(again).toEqual(set);
    await world.server.advance("50m");
    expect(await said(world)).toEqual(["one", "heard 1"]);
    const due = world.server.events().find(({ name }) => name === "perdure/follow-up.due");
    await world.server.send([
      { ...due, id: "again" },
      { ...due, id: "and again" },
    ] as never);
    await world.server.settle({ advance: true });
    expect(await said(world)).toEqual(["one", "heard 1", "Still there?", "heard 3"]);
    expect((await world.agent.status({ runId: set.runId }))?.run.status).toBe("completed");
    const after = await world.agent.followUp("t", { after: HOUR, id: "nudge", prompt: "x" });
    expect(after.status).toBe("started");
    await world.server.settle({ advance: true });
    expect(world.asked).toHaveLength(2);
  },
);

testHere("a follow-up whose event was lost while the app was down is found", async (where) => {
  const world = await talked(where);
  world.down();
  const { runId } = await world.agent.followUp("t", {
    after: NOW,
    instructions: "Ask whether it helped.",
    data: { tenant: "acme" },
  });
  await world.server.settle({ advance: true });
  await world.up();
  await world.server.advance("15m");
  await world.server.settle();
  expect((await world.agent.status({ runId }))?.run.status).toBe("completed");
  expect(world.asked.at(-1)).toMatchObject({ system: "Ask whether it helped." });
  expect(world.asked).toHaveLength(2);
  const sent = world.server.events().filter(({ data }) => data["runId"] === runId);
  expect(sent.every(({ data }) => data["tenant"] === "acme")).toBe(true);
});

testHere("a reply calls a follow-up off, and another follow-up does not", async (where) => {
  const world = await talked(where);
  await world.agent.followUp("t", { after: HOUR, id: "first", prompt: "first" });
  await world.agent.followUp("t", { after: 2 * HOUR, id: "second", prompt: "second" });
  await world.server.advance("90m");
  expect(await said(world)).toEqual(["one", "heard 1", "first", "heard 3"]);
  await world.send({ threadId: "t", prompt: "I am here" }, "e2");
  expect((await said(world)).slice(4)).toEqual(["I am here", "heard 5"]);
  const second = await world.agent.followUp("t", { after: 1, id: "second" });
  expect(second).toMatchObject({ status: "cancelled", reason: "The user has replied." });
  expect(await world.agent.status({ runId: second.runId })).toBe(undefined);
});

test("a reply that waits ahead of a follow-up calls it off when its turn comes", async () => {
  const world = await talked({ agent: { upkeep: false } });
  const { runId } = await world.agent.followUp("t", { after: HOUR, id: "f", prompt: "Hello?" });
  // The reply is recorded and not yet told: its run has the thread, and the follow-up's will stand behind it.
  await world.store.runs.start("t", {
    runId: "reply",
    input: { agent: "support", wakeBy: "ziro/agent.resume.requested" },
    message: { id: "reply", value: { role: "user", content: "a reply" } },
  });
  await world.server.advance("61m");
  expect((await world.agent.status({ runId }))?.run.status).toBe("queued");
  await world.agent.resume({ runId: "reply" });
  await world.server.settle({ advance: true });
  expect(await said(world)).toEqual(["one", "heard 1", "a reply", "heard 3"]);
  expect((await world.agent.status({ runId }))?.run.outcome).toEqual({
    status: "cancelled",
    reason: "The user has replied.",
  });
  expect(await world.store.runs.holding("t")).toBe(undefined);
});

test("a follow-up is called off by hand, and goes with its thread", async () => {
  const world = await talked();
  await world.agent.followUp("t", { after: HOUR, id: "a", prompt: "a" });
  await world.agent.followUp("t", { after: HOUR, id: "b", prompt: "b" });
  const cancelled = await world.agent.cancelFollowUp("t", "a", { reason: "not needed" });
  expect(cancelled).toMatchObject({ id: "a", status: "cancelled", reason: "not needed" });
  await expect(world.agent.cancelFollowUp("t", "c")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: 'There is no follow-up "c" on the thread t.',
  });
  await world.store.threads.delete("t");
  await world.server.settle({ advance: true });
  expect(world.asked).toHaveLength(1);
  await world.store.threads.create("t");
  await world.server.send({
    ...world.server.events().find(({ name }) => name === "perdure/follow-up.due"),
    id: "of the old life",
  } as never);
  await world.server.settle({ advance: true });
  expect(world.asked).toHaveLength(1);
});

test("what is no follow-up is refused before anything is stored", async () => {
  const world = await talked();
  for (const wrong of [
    { after: -1 },
    { after: Number.NaN },
    { after: new Date("never") },
    { after: 1, whenBusy: "cancel" },
    { after: 1, prompt: 7 },
    { after: 1, id: "" },
  ])
    await expect(world.agent.followUp("t", wrong as never)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  expect(await world.store.reminders.list("t")).toEqual([]);
  await expect(world.agent.followUp("nowhere", { after: 1 })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("a follow-up that Inngest does not hear of is stored, and says so", async () => {
  let isDown = true;
  const world = await talked({
    server: {
      faults: {
        events: () => (isDown && world.executions().length > 0 ? "lose-request" : undefined),
      },
    },
  });
  await expect(
    world.agent.followUp("t", { after: NOW, id: "f", prompt: "Hello?" }),
  ).rejects.toMatchObject({ code: "UNAVAILABLE", name: "EventNotSentError" });
  isDown = false;
  await world.server.advance("15m");
  await world.server.settle();
  expect(await said(world)).toEqual(["one", "heard 1", "Hello?", "heard 3"]);
}, 20_000);
