import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import type { AgentTool } from "../src/index.ts";
import { calls, createWorld, turns } from "./bridge/world.ts";

const parameters = { type: "object" };

const refund: AgentTool = {
  description: "Refunds.",
  parameters,
  requiresApproval: true,
  execute: () => "done",
};

test("the same run asked for in another life of its thread runs there, on the same day", async () => {
  const { agent, server, store } = await createWorld({ model: turns({ text: "ok" }) });
  const start = async () => agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await start();
  await server.settle();
  await store.threads.delete("t");
  await store.threads.create("t");
  expect(await start()).toMatchObject({ status: "recorded" });
  await server.settle();
  expect((await agent.status({ runId: "r" }))?.run.status).toBe("completed");
  expect(await store.history.count("t")).toBe(2);
});

test("an event with a decision on a thread that is gone ends as that, and is no failure", async () => {
  const world = await createWorld({
    model: turns(calls(["c", "refund", {}])),
    tools: { refund },
    agent: { trustEvents: true },
  });
  await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
  expect(world.report()).toMatchObject({ status: "suspended" });
  await world.store.threads.delete("t");
  await world.resume({ threadId: "t", runId: "r", decisions: { c: { decision: "approve" } } });
  expect(world.report()).toEqual({
    runId: "r",
    threadId: "t",
    status: "ended",
    reason: "deleted",
  });
});

test("an execution whose thread is deleted while it works ends, and is no failure", async () => {
  const deletion = { due: async (): Promise<void> => undefined };
  const world = await createWorld({
    model: async () => {
      await deletion.due();
      return { text: "ok" };
    },
  });
  deletion.due = async () => world.store.threads.delete("t");
  await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
  const ended = { status: "ended", reason: "deleted" };
  expect(world.report()).toEqual({ runId: "r", threadId: "t", ...ended });
});

/** A tool with a sleep between its two steps, which notes what it does. */
function booking(done: string[]): AgentTool {
  return {
    description: "Books.",
    parameters,
    durable: "self",
    async execute(_input, { step }) {
      await step?.run("hold", () => done.push("hold"));
      await step?.sleep("rest", 60_000);
      await step?.run("keep", () => done.push("keep"));
      return "booked";
    },
  };
}

test("a tool's own step does nothing for a run that has been cancelled", async () => {
  const done: string[] = [];
  const world = await createWorld({
    tools: { book: booking(done) },
    model: turns(calls(["c", "book", {}]), { text: "ok" }),
  });
  await world.agent.start({ threadId: "t", runId: "r", prompt: "go" });
  await world.server.settle();
  expect(done).toEqual(["hold"]);
  await world.agent.cancel({ runId: "r" });
  await world.server.settle({ advance: true });
  expect(done).toEqual(["hold"]);
  expect(world.executions().map(({ status }) => status)).toEqual(["Completed"]);
});

test("nor for one that is cancelled between its look and its pulse", async () => {
  const done: string[] = [];
  const right = createStore({ backend: memoryBackend() });
  const cancelled: Store = {
    ...right,
    runs: {
      ...right.runs,
      async heard(lease, part) {
        await right.runs.cancel("r");
        await right.runs.heard(lease, part);
      },
    },
  };
  const world = await createWorld({
    store: cancelled,
    tools: { book: booking(done) },
    model: turns(calls(["c", "book", {}]), { text: "ok" }),
  });
  await world.send({ threadId: "t", runId: "r", prompt: "go" }, "e1");
  expect(done).toEqual(["hold"]);
  expect(world.report()).toMatchObject({ status: "lost", run: { status: "cancelled" } });
});
