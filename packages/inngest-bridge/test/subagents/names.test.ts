import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import { askedAs } from "../../src/subagents/names.ts";
import { calls, createWorld, recorder, turns } from "../bridge/world.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";

test("a call of a model that is named as an agent's question would be is another call", async () => {
  const clerk = agentOf("clerk", once);
  const own = recorder((input) => input, { requiresApproval: true });
  const taken = askedAs("a", { turn: 1, callId: "r" });
  const nested = askedAs("b", { turn: 1, callId: taken });
  const world = await createWorld({
    tools: { clerk: delegate(clerk.agent, about), own },
    model: turns(
      calls(["a", "clerk", { prompt: "x" }], [taken, "own", { n: 1 }], [nested, "own", { n: 2 }]),
      { text: "done" },
    ),
  });
  await world.send({ threadId: "t", prompt: "go", runId: "run" });
  const asked = await pendingOf(world);
  expect(asked.map(({ tool }) => tool).toSorted()).toEqual(["clerk/refund", "own", "own"]);
  expect(own.seen).toEqual([]);
  for (const { id } of asked) await approve(world, id);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual(["refunded", { n: 1 }, { n: 2 }]);
  expect([clerk.refund.seen.length, own.seen.length]).toEqual([1, 2]);
});
