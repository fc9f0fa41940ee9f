import type { Message } from "@perdure/checkpoint-core";
import { expect } from "vitest";
import { delegate } from "../../src/index.ts";
import { calls, createWorld, turns, type World } from "../bridge/world.ts";
import { testHere } from "../upkeep/here.ts";
import { about, agentOf, once } from "./agents.ts";

const forever = (): Promise<never> => new Promise(() => undefined);
const asks = turns(calls(["a", "ask", { prompt: "x" }]), { text: "done" });

/** Lets rounds of upkeep pass, and all that comes of them. */
async function rounds(world: World, duration: string): Promise<void> {
  await world.server.advance(duration);
  await world.server.settle();
}

testHere("a holder that died in an agent's turn is found, and both runs go on", async (where) => {
  let dies = true;
  const worker = agentOf(
    "worker",
    turns(calls(["x", "no-such-tool", {}]), async () => {
      if (!dies) return { text: "found" };
      dies = false;
      world.down();
      return forever();
    }),
  );
  const world: World = await createWorld({
    ...where,
    tools: { ask: delegate(worker.agent, about) },
    model: asks,
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  await world.up();
  await rounds(world, "30m");
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(worker.asked.map(({ turn }) => turn)).toEqual([1, 2, 2]);
  expect(world.asked).toHaveLength(2);
  expect(await world.history()).toHaveLength(4);
  expect(await world.history(worker.asked[0]?.threadId)).toHaveLength(4);
});

testHere(
  "an agent that waits is woken by nobody, and cancelled when nobody waits for it",
  async (where) => {
    const waits = agentOf("waits", once);
    const world = await createWorld({
      ...where,
      tools: { ask: delegate(waits.agent, about) },
      model: asks,
    });
    await world.send({ threadId: "t", prompt: "go", runId: "run" });
    const before = world.executions().length;
    await rounds(world, "1h");
    expect(world.executions()).toHaveLength(before);
    const child = waits.asked[0]?.runId ?? "";
    await world.store.runs.cancel("run");
    expect(await world.store.runs.get(child)).toMatchObject({ status: "suspended" });
    await rounds(world, "30m");
    expect(await world.store.runs.get(child)).toMatchObject({ status: "cancelled" });
  },
);

testHere(
  "nor does an agent wait for a deploy that can go on with it, when nobody waits for it",
  async (where) => {
    const waits = agentOf("waits", once);
    const world = await createWorld({
      ...where,
      tools: { ask: delegate(waits.agent, about) },
      model: asks,
    });
    await world.send({ threadId: "t", prompt: "go", runId: "run" });
    const child = waits.asked[0]?.runId ?? "";
    await world.store.runs.incompatible(child, { message: "Its tool has another name." });
    const before = world.executions().length;
    await rounds(world, "30m");
    expect(world.executions()).toHaveLength(before);
    await world.store.threads.delete("t");
    await rounds(world, "30m");
    expect(await world.store.runs.get(child)).toMatchObject({ status: "cancelled" });
  },
);

testHere("what an agent asks expires as what its run asks", async (where) => {
  const waits = agentOf("waits", once);
  const world = await createWorld({
    ...where,
    tools: { ask: delegate(waits.agent, about) },
    agent: { approvalTtlMs: 1 },
    model: asks,
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  await world.server.settle({ advance: true });
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  const [, , told] = (await world.history(waits.asked[0]?.threadId)) as readonly Message[];
  expect(told).toMatchObject({ content: "Nobody decided on this call in time." });
  expect(waits.refund.seen).toEqual([]);
});
