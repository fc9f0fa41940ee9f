import { expect, test } from "vitest";
import {
  calls,
  createWorld,
  recorder,
  turns,
  type World,
  type WorldOptions,
} from "./bridge/world.ts";

const tools = { refund: recorder(() => "ok", { requiresApproval: true }) };

async function statusOf({ store }: World, runId: string): Promise<string | undefined> {
  return (await store.runs.get(runId))?.status;
}

const skipping = [
  ["rateLimit", { rateLimit: { limit: 1, period: "24h", key: "event.data.threadId" } }],
  ["debounce", { debounce: { period: "30s", key: "event.data.threadId" } }],
  ["idempotency", { idempotency: "event.data.threadId" }],
] as const;

test.each(skipping)(
  "%s drops an event that is sent, and delays a run that is started",
  async (_name, functionOptions) => {
    const world = await createWorld({ agent: { functionOptions } });
    const { agent, server } = world;
    for (const runId of ["sent1", "sent2"]) {
      const { event } = await agent.prepare("x", { threadId: "t", runId });
      await world.inngest.send(event);
    }
    await server.advance("30m");
    const sent = await Promise.all(["sent1", "sent2"].map(async (id) => statusOf(world, id)));
    expect(new Set(sent)).toEqual(new Set(["completed", undefined]));
    for (const runId of ["r1", "r2"]) await agent.start({ threadId: "u", prompt: "x", runId });
    await server.advance("30m");
    expect([await statusOf(world, "r1"), await statusOf(world, "r2")]).toEqual([
      "completed",
      "completed",
    ]);
  },
);

const cancelOn = [{ event: "app/stop", if: "event.data.threadId == async.data.threadId" }];

/** An agent that is cancelled by an event; it asks a person, or sleeps in a tool. */
async function stopped({ agent, ...more }: WorldOptions): Promise<World> {
  const world = await createWorld({ agent: { ...agent, functionOptions: { cancelOn } }, ...more });
  await world.agent.start({ threadId: "t", prompt: "x", runId: "r" });
  await world.server.advance("1m");
  await world.server.send({ name: "app/stop", data: { threadId: "t" } });
  await world.server.advance("1m");
  return world;
}

const replaces = { id: "old", handler: () => "not called" };

test.each([
  ["", {}, "app-support:run"],
  [", in the place of another function", { replaces }, "app-old"],
])(
  "cancelOn cancels a run that works, and its thread is free%s",
  async (_where, agent, functionId) => {
    const nap = recorder(undefined, {
      durable: "self",
      execute: async (_input, { step }) => {
        await step?.sleep("nap", 600_000);
        return "ok";
      },
    });
    const model = turns(calls(["c", "nap", {}]), { text: "done" });
    const world = await stopped({ tools: { nap }, model, agent });
    expect(world.server.runs()[0]?.functionId).toBe(functionId);
    expect(await statusOf(world, "r")).toBe("cancelled");
    expect(await world.store.runs.holding("t")).toBeUndefined();
  },
);

test.each([true, false])(
  "cancelOn cancels a run that waits for a person, one behind it goes on, and no other is touched (checkpointing %s)",
  async (checkpointing) => {
    const model = turns(calls(["c", "refund", {}]), { text: "done" });
    const { agent, server, ...world } = await createWorld({
      checkpointing,
      tools,
      model,
      agent: { functionOptions: { cancelOn }, upkeep: false },
    });
    await agent.start({ threadId: "t", prompt: "x", runId: "r" });
    await agent.start({ threadId: "u", prompt: "x", runId: "other" });
    await server.advance("3h");
    await agent.start({ threadId: "t", prompt: "y", runId: "behind" });
    await server.advance("1m");
    expect((await agent.status({ runId: "behind" }))?.run.status).toBe("queued");
    await server.send({ name: "app/stop", data: { threadId: "nobody's" } });
    await server.send({ name: "app/stop", data: { threadId: "t" } });
    await server.advance("1m");
    const run = async (runId: string): Promise<unknown> => (await agent.status({ runId }))?.run;
    expect(await run("r")).toMatchObject({
      status: "cancelled",
      outcome: { reason: "An event came on which runs of this agent are cancelled." },
    });
    expect(await run("behind")).toMatchObject({ status: "cancelled" });
    expect(await run("other")).toMatchObject({ status: "suspended" });
    expect(await world.store.runs.holding("t")).toBeUndefined();
    await agent.approve({ threadId: "u", callId: "c", runId: "other" });
    await server.advance("1m");
    expect(await run("other")).toMatchObject({ status: "completed" });
  },
);

const watching = (world: World): readonly (string | undefined)[] =>
  world.server.runs().flatMap((one) => (one.functionId.endsWith(":watch") ? [one.status] : []));

test("what watches a run ends with it, or where there never is one", async () => {
  const model = turns(calls(["c", "refund", {}]), { text: "done" });
  const functionOptions = { cancelOn, rateLimit: { limit: 1, period: "1h" } } as const;
  const world = await createWorld({ tools, model, agent: { functionOptions, upkeep: false } });
  const { agent, server } = world;
  await agent.start({ threadId: "t", prompt: "x", runId: "r" });
  const dropped = await agent.prepare("x", { threadId: "dropped" });
  await world.inngest.send(dropped.event);
  await server.advance("12h");
  expect(watching(world)).toEqual(["Running", "Running"]);
  await agent.approve({ threadId: "t", callId: "c", runId: "r" });
  await server.advance("24h");
  expect(watching(world)).toEqual(["Completed", "Completed"]);
});

test("cancelOn judges an event of yours as it came, and a run that start recorded beside it", async () => {
  const model = turns(calls(["c", "refund", {}]), { text: "done" });
  const user = [{ event: "app/stop", match: "data.user" }];
  const { agent, server } = await createWorld({
    tools,
    model,
    agent: {
      functionOptions: { cancelOn: user },
      triggers: [{ event: "app/asked" }, { cron: "0 0 1 1 *" }],
      input: ({ data }) => ({ threadId: String(data["user"]), prompt: "x", runId: "asked" }),
    },
  });
  await server.send({ name: "app/asked", data: { user: "dana" } });
  const started = { threadId: "t", prompt: "x", runId: "started" };
  await agent.start({ ...started, data: { user: "eve" } });
  await server.advance("5m");
  const statuses = async (): Promise<readonly unknown[]> =>
    Promise.all(
      ["asked", "started"].map(async (id) => (await agent.status({ runId: id }))?.run.status),
    );
  expect(await statuses()).toEqual(["suspended", "suspended"]);
  await server.send({ name: "app/stop", data: { user: "dana" } });
  await server.advance("1m");
  expect(await statuses()).toEqual(["cancelled", "suspended"]);
  await server.send({ name: "app/stop", data: { user: "eve" } });
  await server.advance("1m");
  expect(await statuses()).toEqual(["cancelled", "cancelled"]);
});

test("without cancelOn nothing watches", async () => {
  const world = await createWorld({ tools });
  expect(world.agent.functions.map((one) => one.id())).not.toContain("support:watch");
});
