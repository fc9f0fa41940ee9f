import type { Scope } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import type { InngestAgentOptions } from "../src/index.ts";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

const approveIt = { threadId: "t", decisions: { r: { decision: "approve" } } };

async function suspended(agent: Partial<InngestAgentOptions>): Promise<World> {
  const refund = recorder(() => "refunded", { requiresApproval: true });
  const model = turns(calls(["r", "refund", {}]), { text: "done" });
  const world = await createWorld({ tools: { refund }, model, agent });
  await world.send({ threadId: "t", prompt: "refund" }, "e1");
  expect(world.report()).toMatchObject({ status: "suspended" });
  return world;
}

test.each([undefined, null, 0, 1, "", false, {}, Number.NaN])(
  "`authorize` that answers %s permits nothing",
  async (verdict) => {
    const world = await suspended({ authorize: () => verdict as never });
    await world.resume({ ...approveIt, by: "eve" });
    expect(world.executions().at(-1)?.error?.message).toMatch(/may not decide/);
    expect((await world.store.approvals.pending("t")).map(({ status }) => status)).toEqual([
      "pending",
    ]);
  },
);

test.each([
  [true, "dana"],
  ["the boss", "the boss"],
] as const)("`authorize` that answers %s permits it", async (verdict, by) => {
  const world = await suspended({ authorize: () => verdict });
  const [approvalId = ""] = (await world.agent.status({ runId: "run-e1" }))?.run.approvals ?? [];
  await world.resume({ ...approveIt, by: "dana" });
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await world.store.approvals.get("t", approvalId)).toMatchObject({ by });
});

const noScopes: readonly (readonly [string, () => unknown])[] = [
  ["a promise", async () => ({ tenant: "a" })],
  ["nothing", () => undefined],
  ["null", () => null],
  ["a text", () => "a"],
  ["a list", () => ["a"]],
  ["another key", () => ({ tenantId: "a" })],
  ["an undefined tenant", () => ({ tenant: undefined })],
];

test.each(noScopes)("a scope that answers %s reaches no store", async (_what, scope) => {
  const world = await createWorld({ agent: { scope: scope as never } });
  await world.send({ threadId: "t", prompt: "x" }, "e1");
  const failed = world.executions().at(-1);
  expect(failed).toMatchObject({ status: "Failed", requests: 1 });
  expect(failed?.error?.message).toMatch(/scope|tenant/);
  expect(await world.store.history.count("t")).toBe(0);
  expect(await world.store.runs.get("run-e1")).toBeUndefined();
});

/** A scope as a careless app has it: the user may be missing. */
const byUser: InngestAgentOptions["scope"] = ({ data }) =>
  ({ tenant: "a", user: data["u"] }) as Scope;

test("an event without the user that the scope reads is refused at once, on any owner's thread", async () => {
  const world = await createWorld({ agent: { scope: byUser } });
  await world.send({ threadId: "t", prompt: "mine", u: "ann" });
  const owned = world.store.for({ tenant: "a", user: "ann" });
  expect(await owned.history.count("t")).toBe(2);
  await world.send({ threadId: "t", prompt: "theirs" });
  const failed = world.executions().at(-1);
  expect(failed).toMatchObject({ status: "Failed", requests: 1 });
  expect(failed?.error?.message).toMatch(/user/);
  expect(await owned.history.count("t")).toBe(2);
});

test("a call from trusted code takes no scope for another", async () => {
  const world = await createWorld();
  for (const scope of [null, "a", { tenantId: "a" }, Promise.resolve({ tenant: "a" })])
    await expect(
      world.agent.start({ threadId: "t", prompt: "x", scope: scope as never }),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await world.store.history.count("t")).toBe(0);
});
