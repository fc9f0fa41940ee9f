import type { Message } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { testEverywhere } from "./bridge/everywhere.ts";
import { createWorld } from "./bridge/world.ts";

function brought(name: string): readonly Message[] {
  return [
    { role: "user", content: `${name}0` },
    { role: "assistant", content: `${name}1` },
    { role: "user", content: name },
  ];
}

const hello = { role: "assistant", content: "hello" };

testEverywhere("two conversations that come along to one thread are not mixed", async (where) => {
  const world = await createWorld(where);
  const { agent, server } = world;
  await Promise.all(
    ["a", "b"].map((runId) => agent.start({ threadId: "t", runId, messages: [...brought(runId)] })),
  );
  await server.settle({ advance: true });
  const said = (await world.history()) as readonly Message[];
  const first = said[0]?.content === "a0" ? "a" : "b";
  const second = first === "a" ? "b" : "a";
  expect(said).toEqual([...brought(first), hello, { role: "user", content: second }, hello]);
});

test("a conversation is written by the run that takes the thread, and by no other request", async () => {
  const world = await createWorld({ agent: { whenBusy: "reject" } });
  const { agent, server, store } = world;
  await agent.start({ threadId: "t", runId: "a", prompt: "alone" });
  const rejected = { runId: "b", threadId: "t", status: "rejected" };
  expect(await agent.start({ threadId: "t", runId: "b", messages: brought("b") })).toEqual(
    rejected,
  );
  await expect(
    agent.start({ threadId: "u", runId: "a", messages: brought("a") }),
  ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await world.send({ threadId: "t", life: 999, messages: brought("c") });
  expect(world.report()).toMatchObject({ status: "ended", reason: "deleted" });
  await server.settle({ advance: true });
  expect(await world.history()).toEqual([{ role: "user", content: "alone" }, hello]);
  expect(await store.history.count("u")).toBe(0);
  expect(await store.threads.get("u")).toBeUndefined();
});

test("a run of another agent writes no conversation", async () => {
  const world = await createWorld();
  await world.store.runs.start("t", { runId: "x", input: { agent: "other" } });
  await world.send({ threadId: "t", runId: "x", messages: brought("x") });
  expect(world.executions()[0]).toMatchObject({ status: "Failed" });
  expect(await world.store.history.count("t")).toBe(0);
});
