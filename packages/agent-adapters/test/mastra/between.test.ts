import { createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { StoreServerCache } from "../../src/mastra/index.ts";
import { domains, ids, snapshot } from "./handles.ts";

type Verbs = "threads" | "history";

/** The store, and something that happens once, just ahead of a call of one of its verbs. */
function before<Part extends Verbs>(
  store: Store,
  part: Part,
  verb: keyof Store[Part],
  happens: () => Promise<unknown>,
): Store {
  let left = happens;
  const call = async (...given: unknown[]): Promise<unknown> => {
    const now = left;
    left = async () => undefined;
    await now();
    return (store[part][verb] as (...all: unknown[]) => Promise<unknown>)(...given);
  };
  return { ...store, [part]: { ...store[part], [verb]: call } };
}

function message(id: string, threadId: string) {
  const content = { format: 2 as const, parts: [] };
  return { id, threadId, role: "user" as const, createdAt: new Date(0), content };
}

test("a run that is written while the last of its id is deleted stays", async () => {
  const store = createStore({ backend: memoryBackend() });
  const other = await domains(store);
  const inner = { workflowName: "inner", runId: "r", snapshot: snapshot("r", "running") };
  const slow = before(store, "threads", "delete", async () =>
    other.workflows.persistWorkflowSnapshot(inner),
  );
  const { workflows } = await domains(slow);
  const outer = { ...inner, workflowName: "outer" };
  await workflows.persistWorkflowSnapshot(outer);
  await workflows.deleteWorkflowRunById(outer);
  expect(await other.workflows.loadWorkflowSnapshot(outer)).toBeNull();
  expect(await workflows.loadWorkflowSnapshot(inner)).toMatchObject({ status: "running" });
});

test("a run whose deletion is cut short is gone, and can be written again", async () => {
  const store = createStore({ backend: memoryBackend() });
  const dies = before(store, "threads", "delete", async () => {
    throw new Error("The process has died.");
  });
  const { workflows } = await domains(dies);
  const run = { workflowName: "w", runId: "r", snapshot: snapshot("r", "success") };
  await workflows.persistWorkflowSnapshot(run);
  await expect(workflows.deleteWorkflowRunById(run)).rejects.toThrow("has died");
  expect(await workflows.loadWorkflowSnapshot(run)).toBeNull();
  expect((await workflows.listWorkflowRuns()).total).toBe(0);
  await workflows.persistWorkflowSnapshot(run);
  expect(await workflows.loadWorkflowSnapshot(run)).toMatchObject({ status: "success" });
});

test("a list that has run out is begun anew once, whoever pushes to it", async () => {
  let now = 1000;
  const backend = memoryBackend();
  const open = () => createStore({ backend, now: () => now });
  const store = open();
  const elsewhere = new StoreServerCache(open(), { ttlMs: 10 });
  const slow = before(store, "threads", "delete", async () => elsewhere.listPush("l", "theirs"));
  const cache = new StoreServerCache(slow, { ttlMs: 10 });
  await cache.listPush("l", "old");
  now += 1000;
  await cache.listPush("l", "ours");
  expect(await elsewhere.listFromTo("l", 0)).toEqual(["theirs", "ours"]);
  now += 1000;
  const pushes = [cache, elsewhere, cache, elsewhere].map(async (one, n) => one.listPush("l", n));
  await Promise.all(pushes);
  const listed = await cache.listFromTo("l", 0);
  expect([listed.length, new Set(listed)]).toEqual([4, new Set([0, 1, 2, 3])]);
});

test("a message that is changed while it goes to another conversation has both changes there", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { memory: elsewhere } = await domains(store);
  const changed = { id: "m", content: { metadata: { theirs: true } } as never };
  const slow = before(store, "history", "replace", async () =>
    elsewhere.updateMessages({ messages: [changed] }),
  );
  const { memory } = await domains(slow);
  const now = new Date(0);
  for (const id of ["t", "t2"])
    await memory.saveThread({ thread: { id, resourceId: "u", createdAt: now, updatedAt: now } });
  await memory.saveMessages({ messages: [message("m", "t")] });
  const content = { metadata: { ours: true } } as never;
  await memory.updateMessages({ messages: [{ id: "m", threadId: "t2", content }] });
  expect(ids(await elsewhere.listMessages({ threadId: "t" }))).toEqual([]);
  const [moved] = (await elsewhere.listMessages({ threadId: "t2" })).messages;
  expect(moved?.content.metadata).toEqual({ ours: true, theirs: true });
});

test("a conversation that is deleted while its messages are changed stays deleted", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { memory: elsewhere } = await domains(store);
  for (const verb of ["update", "replace"] as const) {
    const gone = async () => elsewhere.deleteThread({ threadId: "t" });
    const { memory } = await domains(before(store, "history", verb, gone));
    await memory.saveMessages({ messages: [message("m", "t")] });
    const content = { metadata: { seen: true } } as never;
    if (verb === "replace") await memory.deleteMessages(["m"]);
    else expect(await memory.updateMessages({ messages: [{ id: "m", content }] })).toEqual([]);
    expect(await store.threads.get("mastra/thread/t")).toBeUndefined();
  }
});
