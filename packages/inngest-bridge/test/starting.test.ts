import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns } from "./bridge/world.ts";

test("a decision without `data` wakes the run with the fields that its event brought for the scope", async () => {
  const refund = recorder(() => "ok", { requiresApproval: true });
  const world = await createWorld({
    tools: { refund },
    model: turns(calls(["r", "refund", {}]), { text: "done" }),
    agent: { scope: ({ data }) => ({ tenant: data["org"] as string }) },
  });
  const scope = { tenant: "a" };
  const data = { org: "a" };
  const { runId } = await world.agent.start({ threadId: "t", prompt: "x", scope, data });
  await world.server.settle({ advance: true });
  await world.agent.approve({ threadId: "t", callId: "r", runId, scope });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
});

test("a start that is repeated says where its run stands, and sends nothing for one that has ended", async () => {
  const world = await createWorld();
  const start = () => world.agent.start({ threadId: "t", prompt: "x", runId: "r" });
  expect(await start()).toEqual({ runId: "r", threadId: "t", status: "recorded" });
  expect(await start()).toEqual({ runId: "r", threadId: "t", status: "recorded" });
  await world.server.settle({ advance: true });
  const sent = world.server.events().length;
  expect(await start()).toEqual({ runId: "r", threadId: "t", status: "completed" });
  expect(world.server.events()).toHaveLength(sent);
});

test("a start whose `data` carries what is refused records nothing", async () => {
  const world = await createWorld();
  const start = world.agent.start({ threadId: "t", prompt: "x", runId: "r", data: { budget: 1 } });
  await expect(start).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await world.store.runs.get("r")).toBeUndefined();
});

test("a prompt that no event can hold runs by its record, and `data` that none can hold records nothing", async () => {
  const world = await createWorld();
  const prompt = "x".repeat(3_500_000);
  await world.agent.start({ threadId: "t", prompt, runId: "r" });
  await world.server.settle({ advance: true });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect((await world.history())[0]).toEqual({ role: "user", content: prompt });
  const large = { threadId: "u", prompt: "x", data: { org: prompt } };
  await expect(world.agent.start(large)).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(await world.store.threads.get("u")).toBeUndefined();
});
