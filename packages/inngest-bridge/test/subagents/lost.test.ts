import { createStore, memoryBackend, StorageError, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { delegate } from "../../src/index.ts";
import type { World } from "../bridge/world.ts";
import { testHere } from "../upkeep/here.ts";
import { about, agentOf, approve, once, pendingOf, results } from "./agents.ts";
import { layered, three, waiting } from "./scenes.ts";

/** A round of upkeep passes, and all that comes of it. */
async function round(world: World): Promise<void> {
  await world.server.advance("5m");
  await world.server.settle();
}

const stoppedMiddle = 'The agent "middle" was stopped: its thread was deleted.';
const cancelledMiddle = 'The agent "middle" was cancelled';
const gone = 'The agent "clerk" was stopped: its thread was deleted.';

testHere("the upkeep finds whom nobody asks for any more: a deleted thread", async (where) => {
  const { world, clerk, threadId } = await waiting(where);
  const [asked] = await pendingOf(world);
  await world.store.threads.delete(threadId);
  await round(world);
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual([gone]);
  expect(await pendingOf(world)).toEqual([]);
  expect(await world.agent.approve({ threadId: "t", approvalId: asked?.id ?? "" })).toMatchObject({
    counted: false,
    approval: { status: "denied", decision: { kind: "deny", reason: gone } },
  });
  expect([clerk.asked.length, clerk.refund.seen.length, world.asked.length]).toEqual([1, 0, 2]);
});

test("and a run that the store's own cancel has ended", async () => {
  const { world, clerk, runId } = await waiting();
  await world.store.runs.cancel(runId, { reason: "enough" });
  await round(world);
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual(['The agent "clerk" was cancelled: enough']);
  expect(clerk.refund.seen).toEqual([]);
});

test.each([
  ["deep", "deleted", { said: "ok", turns: 2, left: undefined }],
  ["middle", "deleted", { said: stoppedMiddle, turns: 1, left: "cancelled" }],
  ["deep", "cancelled", { said: "ok", turns: 2, left: "cancelled" }],
  ["middle", "cancelled", { said: cancelledMiddle, turns: 1, left: "cancelled" }],
] as const)("of an agent below an agent: %s is %s", async (which, how, { said, ...then }) => {
  const { world, deep, middle } = await layered();
  const { runId = "", threadId = "" } = { deep, middle }[which].asked[0] ?? {};
  const { threads, runs } = world.store;
  await (how === "deleted" ? threads.delete(threadId) : runs.cancel(runId));
  await round(world);
  await round(world);
  expect(await runs.get("run")).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual([said]);
  const left = await runs.get(deep.asked[0]?.runId ?? "");
  expect({ turns: middle.asked.length, left: left?.status }).toEqual(then);
});

test("what others wait for is asked on", async () => {
  const { world, clerk } = await three();
  await world.store.threads.delete(clerk.asked[0]?.threadId ?? "");
  await round(world);
  expect(world.report()).toMatchObject({ status: "waiting" });
  const executions = world.executions().length;
  await round(world);
  expect(world.executions()).toHaveLength(executions);
  for (const { id } of await pendingOf(world)) await approve(world, id);
  expect(await results(world)).toEqual([gone, "refunded", "own"]);
});

test("an agent whose thread was deleted while it waited is not begun anew for another decision", async () => {
  const { world, clerk } = await three({ loop: { resumeWhen: "any" } });
  await world.store.threads.delete(clerk.asked[0]?.threadId ?? "");
  const own = (await pendingOf(world)).find(({ tool }) => tool === "own");
  await approve(world, own?.id);
  expect(clerk.asked).toHaveLength(2);
  const { pending = [] } = (await world.agent.status({ runId: "run" })) ?? {};
  expect(pending).toHaveLength(1);
  await approve(world, pending[0]?.id);
  expect(await results(world)).toEqual([gone, "refunded", "own"]);
});

test.each(["before", "behind"])(
  "an agent's thread that is deleted while its run suspends (%s the look at what it asks)",
  async (when) => {
    const clerk = agentOf("clerk", once);
    const right = createStore({ backend: memoryBackend() });
    const commit = right.commit.bind(right);
    let suspensions = 0;
    Object.assign(right, {
      async commit(...[threadId, changes, options]: Parameters<Store["commit"]>) {
        const isSuspension = changes.settle?.status === "suspended";
        const child = clerk.asked[0]?.threadId ?? "";
        if (isSuspension) suspensions += 1;
        if (suspensions === 2 && when === "behind") await right.threads.delete(child);
        const result = await commit(threadId, changes, options);
        if (suspensions === 1 && when === "before") await right.threads.delete(child);
        return result;
      },
    });
    const { world } = await waiting({
      store: right,
      tools: { clerk: delegate(clerk.agent, about) },
    });
    expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
    expect(await results(world)).toEqual([gone]);
    expect(clerk.asked).toHaveLength(1);
  },
);

/** A run of an agent whose thread is being deleted, by a process that has died on the way. */
async function halfDeleted() {
  const backend = memoryBackend();
  const store = createStore({ backend });
  const clerk = agentOf("clerk", once);
  const { world, ...made } = await waiting({
    store,
    tools: { clerk: delegate(clerk.agent, about) },
  });
  const threadId = clerk.asked[0]?.threadId ?? "";
  const write = backend.write.bind(backend);
  // It dies when the thread's life is said to end, and nothing of it is gone yet.
  Object.assign(backend, {
    async write(...given: Parameters<typeof write>) {
      const written = await write(...given);
      const [, { writes }] = given;
      return writes.some((one) => "key" in one && one.key === "life") ? fails() : written;
    },
  });
  await expect(store.threads.delete(threadId)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  Object.assign(backend, { write });
  return { ...made, world, threadId };
}

test("a run goes on whose agent's thread is being deleted, and the deletion is none of its own", async () => {
  const { world } = await halfDeleted();
  const [asked] = await pendingOf(world);
  await approve(world, asked?.id);
  expect(world.report()).toMatchObject({ status: "completed" });
  expect(await results(world)).toEqual([gone]);
});

test("nor is it of a run that is cancelled then; and the same deleteThread finishes the deletion", async () => {
  const { world, threadId } = await halfDeleted();
  await world.agent.cancel({ runId: "run" });
  expect(await world.store.runs.get("run")).toMatchObject({ status: "cancelled" });
  await world.agent.deleteThread({ threadId });
  expect(await world.store.threads.get(threadId)).toBeUndefined();
});

const fails = async (): Promise<never> => {
  throw new StorageError("UNAVAILABLE", "The engine did not answer.");
};

test("deleteThread of an agent's thread tells the run above at once", async () => {
  const { world, clerk, runId, threadId } = await waiting();
  await world.agent.deleteThread({ threadId });
  await world.server.settle();
  expect(await world.store.runs.get("run")).toMatchObject({ status: "completed" });
  expect(await world.store.runs.get(runId)).toBeUndefined();
  expect(await world.store.threads.get(threadId)).toBeUndefined();
  expect(await results(world)).toEqual([gone]);
  expect([clerk.asked.length, clerk.refund.seen.length]).toEqual([1, 0]);
});

test("of a thread whose run waits for an agent, it ends that too, and the queue", async () => {
  const { world, runId, threadId } = await waiting();
  await world.agent.start({ threadId: "t", prompt: "and?", runId: "next" });
  await world.agent.deleteThread({ threadId: "t" });
  await world.server.settle({ advance: true });
  expect(await world.store.threads.get("t")).toBeUndefined();
  expect(await world.store.runs.get("next")).toBeUndefined();
  expect(await world.store.runs.get(runId)).toMatchObject({ threadId, status: "cancelled" });
  expect(world.asked).toHaveLength(1);
  await world.agent.deleteThread({ threadId: "t" });
});

test.each(["the denial", "the wake-up", "the deletion"])(
  "deleteThread that is cut short at %s is finished by the same call",
  async (place) => {
    const { world, threadId } = await waiting();
    const { approvals, threads } = world.store;
    const decide = approvals.decide.bind(approvals);
    const drop = threads.delete.bind(threads);
    const send = world.inngest.send.bind(world.inngest);
    if (place === "the denial") Object.assign(approvals, { decide: fails });
    if (place === "the wake-up") Object.assign(world.inngest, { send: fails });
    if (place === "the deletion") Object.assign(threads, { delete: fails });
    await expect(world.agent.deleteThread({ threadId })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    Object.assign(approvals, { decide });
    Object.assign(world.inngest, { send });
    Object.assign(threads, { delete: drop });
    await world.agent.deleteThread({ threadId });
    await world.server.settle();
    expect(await results(world)).toEqual([gone]);
    expect(await world.store.threads.get(threadId)).toBeUndefined();
  },
);

test("deleteThread refuses an option that it does not know", async () => {
  const { world } = await waiting();
  const given = { threadId: "t", memories: true };
  await expect(world.agent.deleteThread(given)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await world.store.threads.get("t")).toBeDefined();
});
