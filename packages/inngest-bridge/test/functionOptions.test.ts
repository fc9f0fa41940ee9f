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

test("cancelOn leaves a run that waits for a person, which a function that listens cancels", async () => {
  const model = turns(calls(["c", "refund", {}]), { text: "done" });
  const world = await stopped({ tools, model });
  expect(await statusOf(world, "r")).toBe("suspended");
  const { agent, inngest, server, store } = world;
  const stop = inngest.createFunction(
    { id: "stop", triggers: [{ event: "app/stop" }] },
    async ({ event, step }) =>
      step.run("cancel", async () => {
        const run = await store.runs.holding((event.data as { threadId: string }).threadId);
        if (run) await agent.cancel({ runId: run.id });
      }),
  );
  await server.register({ client: inngest, functions: [...agent.functions, stop] });
  await server.send({ name: "app/stop", data: { threadId: "t" } });
  await server.advance("1m");
  expect(await statusOf(world, "r")).toBe("cancelled");
});
