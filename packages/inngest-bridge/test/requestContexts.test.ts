import { expect, test } from "vitest";
import { calls, createWorld, recorder, turns, type World } from "./bridge/world.ts";

const at = (org: string) => ({ scope: { tenant: org }, data: { org } });

/** A world whose tool notes what it is handed along. */
async function lookingWorld(seen: unknown[]): Promise<World> {
  return createWorld({
    tools: {
      look: recorder(undefined, {
        execute: (_input, { store, requestContext }) => {
          seen.push([store.scope.tenant, requestContext]);
          return "ok";
        },
      }),
    },
    model: turns(calls(["c", "look", {}]), { text: "done" }),
    agent: { scope: ({ data }) => (data["org"] ? { tenant: data["org"] as string } : {}) },
  });
}

test("requestContext is its tenant's alone, whatever runs are called", async () => {
  const seen: unknown[] = [];
  const world = await lookingWorld(seen);
  const start = async (org: string, more: object) =>
    world.agent.start({
      threadId: "t",
      prompt: "x",
      runId: "order-7",
      ...at(org),
      ...more,
    });
  await start("acme", { requestContext: "acme's key" });
  await start("evil", { requestContext: "evil's key" });
  await start("third", {});
  await world.server.settle({ advance: true });
  expect(seen).toHaveLength(3);
  expect(seen).toEqual(
    expect.arrayContaining([
      ["acme", "acme's key"],
      ["evil", "evil's key"],
      ["third", undefined],
    ]),
  );
});

test("requestContext ends with the life of its thread", async () => {
  const seen: unknown[] = [];
  const world = await lookingWorld(seen);
  const start = async (more: object) => {
    await world.agent.start({ threadId: "t", prompt: "x", runId: "r", ...more });
    await world.server.settle({ advance: true });
  };
  await start({ requestContext: "of the first life" });
  await world.store.threads.delete("t");
  await world.store.threads.create("t");
  await start({});
  expect(seen).toEqual([
    [undefined, "of the first life"],
    [undefined, undefined],
  ]);
});

test("what resume hands along reaches the run of its own tenant", async () => {
  const seen: unknown[] = [];
  const world = await createWorld({
    tools: {
      look: recorder(undefined, {
        requiresApproval: true,
        execute: (_input, { store, requestContext }) => {
          seen.push([store.scope.tenant, requestContext]);
          return "ok";
        },
      }),
    },
    model: turns(calls(["c", "look", {}]), { text: "done" }),
    agent: { scope: ({ data }) => ({ tenant: data["org"] as string }) },
  });
  for (const org of ["a", "b"])
    await world.agent.start({ threadId: "t", prompt: "x", runId: "r", ...at(org) });
  await world.server.settle({ advance: true });
  await world.agent.resume("r", { approved: true }, { ...at("a"), requestContext: "a's key" });
  await world.agent.resume("r", { approved: true }, at("b"));
  await world.server.settle({ advance: true });
  expect(seen).toEqual(
    expect.arrayContaining([
      ["a", "a's key"],
      ["b", undefined],
    ]),
  );
});
