import { Mastra } from "@mastra/core/mastra";
import type { MastraDBMessage } from "@mastra/core/memory";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import type { Store } from "@perdure/checkpoint-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { claimResumes, mastraStorage, StoreServerCache } from "../../src/mastra/index.ts";
import { domains, ids, outcomes, snapshot, two } from "./handles.ts";
import { made } from "./made.ts";
import { stub } from "./stub.ts";

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((one, other) => one - other);
}

/** Resumes the workflow's run "r" in one of the instances. */
async function resume(mastra: Pick<Mastra, "getWorkflow">): Promise<unknown> {
  const run = await mastra.getWorkflow("workflow").createRun({ runId: "r" });
  return run.resume({ resumeData: { ok: true } });
}

test("of two resumes of one workflow in two instances one goes on", async () => {
  const done: unknown[] = [];
  const instance = (store: Store) => {
    const ask = createStep({
      id: "ask",
      inputSchema: z.object({ order: z.string() }),
      outputSchema: z.object({ ok: z.boolean() }),
      resumeSchema: z.object({ ok: z.boolean() }),
      async execute({ resumeData, suspend }) {
        if (!resumeData) return suspend({});
        done.push(resumeData);
        return resumeData;
      },
    });
    const { inputSchema, outputSchema } = ask;
    const workflow = createWorkflow({ id: "refund", inputSchema, outputSchema }).then(ask).commit();
    return new Mastra({ workflows: { workflow }, storage: mastraStorage(store), logger: false });
  };
  const [one, other] = two();
  const mastra = instance(one);
  const run = await mastra.getWorkflow("workflow").createRun({ runId: "r" });
  expect(await run.start({ inputData: { order: "7" } })).toMatchObject({ status: "suspended" });
  const both = await outcomes([resume(mastra), resume(instance(other) as never)]);
  expect(both.filter((outcome) => outcome === "done")).toHaveLength(1);
  expect(done).toEqual([{ ok: true }]);
  const listed = await mastra.getWorkflow("workflow").listWorkflowRuns({ status: "success" });
  expect([listed.total, listed.runs[0]?.runId]).toEqual([1, "r"]);
});

test("runs of workflows are changed by compare-and-set, kept under their names, listed and deleted", async () => {
  const [one, other] = two();
  const [{ workflows }, { workflows: elsewhere }] = [await domains(one), await domains(other)];
  const at = { workflowName: "w", runId: "r" };
  await workflows.persistWorkflowSnapshot({
    ...at,
    resourceId: "u",
    snapshot: snapshot("r", "suspended"),
  });
  await workflows.persistWorkflowSnapshot({
    workflowName: "inner",
    runId: "r",
    snapshot: snapshot("r", "running"),
  });
  const steps = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(
    steps.map(async (stepId, index) =>
      (index % 2 === 0 ? workflows : elsewhere).updateWorkflowResults({
        ...at,
        stepId,
        result: { status: "success", output: stepId, payload: {}, startedAt: 1, endedAt: 2 },
        requestContext: {},
      }),
    ),
  );
  const merged = await elsewhere.loadWorkflowSnapshot(at);
  expect(Object.keys(merged?.context ?? {}).toSorted()).toEqual(steps);
  const claims = await Promise.all(
    [workflows, elsewhere, workflows, elsewhere].map(async (domain) =>
      domain.updateWorkflowState({
        ...at,
        opts: { status: "running", expectedStatus: "suspended" },
      }),
    ),
  );
  expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  expect(await workflows.getWorkflowRunById({ runId: "r", workflowName: "w" })).toMatchObject({
    runId: "r",
    resourceId: "u",
    createdAt: expect.any(Date),
    snapshot: { status: "running" },
  });
  const listed = await workflows.listWorkflowRuns({
    workflowName: "w",
    resourceId: "u",
    perPage: 1,
    page: 0,
  });
  expect([listed.total, listed.runs.map(({ runId }) => runId)]).toEqual([1, ["r"]]);
  await workflows.deleteWorkflowRunById(at);
  expect(await workflows.loadWorkflowSnapshot(at)).toBeNull();
  await workflows.deleteWorkflowRunById({ workflowName: "inner", runId: "r" });
  expect(await workflows.listWorkflowRuns()).toEqual({ runs: [], total: 0 });
  await workflows.persistWorkflowSnapshot({ ...at, snapshot: snapshot("r", "pending") });
  expect(await elsewhere.loadWorkflowSnapshot(at)).toMatchObject({ status: "pending" });
});

function message(id: string, minute: number, more: Partial<MastraDBMessage> = {}): MastraDBMessage {
  return {
    id,
    role: "user",
    threadId: "t",
    resourceId: "u",
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)),
    content: { format: 2, parts: [{ type: "text", text: id }] },
    ...more,
  };
}

test("conversations and their messages are kept, updated in place, and read by pages", async () => {
  const [one, other] = two();
  const [{ memory }, { memory: elsewhere }] = [await domains(one), await domains(other)];
  const now = new Date(Date.UTC(2026, 0, 1));
  const thread = { id: "t", resourceId: "u", title: "First", createdAt: now, updatedAt: now };
  await memory.saveThread({ thread });
  await memory.saveThread({ thread: { ...thread, id: "t2", resourceId: "v" } });
  await Promise.all([
    memory.updateThread({ id: "t", title: "Second" }),
    elsewhere.updateThread({ id: "t", metadata: { n: 1 } }),
  ]);
  expect(await memory.getThreadById({ threadId: "t" })).toMatchObject({
    title: "Second",
    metadata: { n: 1 },
  });
  expect(await memory.getThreadById({ threadId: "t", resourceId: "v" })).toBeNull();
  await memory.saveMessages({
    messages: ["a", "b", "c", "d"].map((id, index) => message(id, index)),
  });
  await memory.saveMessages({ messages: [message("x", 9, { threadId: "t2", resourceId: "v" })] });
  const changed = { format: 2 as const, parts: [{ type: "text" as const, text: "B" }] };
  await elsewhere.saveMessages({ messages: [message("b", 1, { content: changed })] });
  const all = await memory.listMessages({ threadId: "t", perPage: false });
  expect([ids(all), all.total, all.messages[1]?.content]).toEqual([
    ["a", "b", "c", "d"],
    4,
    changed,
  ]);
  const last = await memory.listMessages({
    threadId: "t",
    perPage: 2,
    page: 0,
    orderBy: { field: "createdAt", direction: "DESC" },
  });
  expect([ids(last), last.hasMore]).toEqual([["d", "c"], true]);
  const around = await memory.listMessages({
    threadId: "t2",
    include: [{ id: "b", withPreviousMessages: 1 }],
  });
  expect(ids(around)).toEqual(["a", "b", "x"]);
  const [updated] = await memory.updateMessages({
    messages: [{ id: "c", content: { metadata: { seen: true } } as never }],
  });
  expect(updated?.content).toMatchObject({ parts: [{ text: "c" }], metadata: { seen: true } });
  await memory.deleteMessages(["a", "d"]);
  expect(ids(await elsewhere.listMessagesById({ messageIds: ["a", "b", "c", "x"] }))).toEqual([
    "b",
    "c",
    "x",
  ]);
  const threads = await memory.listThreads({ filter: { resourceId: "u" } });
  expect([threads.total, threads.threads[0]?.id]).toEqual([1, "t"]);
  await memory.deleteThread({ threadId: "t" });
  expect(await memory.listMessages({ threadId: "t" })).toMatchObject({ messages: [], total: 0 });
  await memory.saveThread({ thread });
  expect(await elsewhere.getThreadById({ threadId: "t" })).toMatchObject({ title: "First" });
});

test("what is known of a resource, and what an agent keeps of a conversation, is not lost between two writers", async () => {
  const [one, other] = two();
  const [first, second] = [await domains(one), await domains(other)];
  await Promise.all([
    first.memory.updateResource({ resourceId: "u", workingMemory: "likes tea" }),
    second.memory.updateResource({ resourceId: "u", metadata: { plan: "pro" } }),
    first.threadState.setState({ threadId: "t", type: "tasks", value: [1] }),
    second.threadState.setState({ threadId: "t", type: "goal", value: { n: 1 } }),
  ]);
  expect(await first.memory.getResourceById({ resourceId: "u" })).toMatchObject({
    workingMemory: "likes tea",
    metadata: { plan: "pro" },
  });
  await first.threadState.deleteState({ threadId: "t", type: "goal" });
  expect([
    await second.threadState.getState({ threadId: "t", type: "tasks" }),
    await second.threadState.getState({ threadId: "t", type: "goal" }),
  ]).toEqual([[1], undefined]);
});

test("the server cache gives each event of a list a place of its own, also when two processes push", async () => {
  const [one, other] = two();
  const [cache, elsewhere] = [new StoreServerCache(one), new StoreServerCache(other)];
  const places = await Promise.all(
    [0, 1, 2, 3].map(async (n) =>
      (n % 2 === 0 ? cache : elsewhere).listPushIndexed("events", "count", { n }),
    ),
  );
  expect(ascending(places)).toEqual([0, 1, 2, 3]);
  const events = (await elsewhere.listFromTo("events", 1, 2)) as { readonly index: number }[];
  expect(events.map(({ index }) => index)).toEqual([1, 2]);
  expect([await cache.listLength("events"), (await cache.listFromTo("events", 2)).length]).toEqual([
    4, 2,
  ]);
  const counted = await Promise.all([
    cache.increment("n"),
    elsewhere.increment("n"),
    cache.increment("n"),
  ]);
  expect(ascending(counted)).toEqual([1, 2, 3]);
  await cache.set("k", { v: 1 });
  expect(await elsewhere.get("k")).toEqual({ v: 1 });
  await elsewhere.delete("events");
  expect(await cache.listFromTo("events", 0)).toEqual([]);
  await cache.listPush("events", "again");
  expect(await elsewhere.listFromTo("events", 0)).toEqual(["again"]);
  await cache.set("brief", 1, 1);
  await expect.poll(() => elsewhere.get("brief")).toBeUndefined();
  expect(await cache.increment("brief")).toBe(1);
  await cache.clear();
  expect([await cache.get("k"), await elsewhere.listLength("events")]).toEqual([undefined, 0]);
});

test("an agent without a storage of ours cannot claim, and says so", async () => {
  const agent = claimResumes(made(stub([]).model, {}));
  const refused = agent.approveToolCallGenerate({ runId: "r", toolCallId: "c1" });
  await expect(refused).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(() => mastraStorage({} as never, { other: 1 } as never)).toThrow('"other"');
});

test("what two processes save at once is there, each message in its thread and by its id", async () => {
  const both = two();
  const [{ memory }, { memory: elsewhere }] = [await domains(both[0]), await domains(both[1])];
  const named = Array.from({ length: 30 }, (_, index) => `m${index}`);
  const saves = named.map(async (id, index) => {
    const own = message(id, index, { threadId: `t${index % 3}` });
    return (index % 2 === 0 ? memory : elsewhere).saveMessages({ messages: [own] });
  });
  await Promise.all(saves);
  const { messages } = await memory.listMessagesById({ messageIds: named });
  expect(messages.map(({ id }) => id)).toEqual(named);
  const { total } = await elsewhere.listMessages({ threadId: "t1", perPage: false });
  expect(total).toBe(10);
});

test("what two processes delete at once is gone, for both", async () => {
  const [one, other] = two();
  const [{ memory }, { memory: elsewhere }] = [await domains(one), await domains(other)];
  const named = Array.from({ length: 8 }, (_, index) => `m${index}`);
  const content = { format: 2, parts: [] } as const;
  const messages = named.map((id) => ({
    id,
    threadId: "t",
    role: "user" as const,
    createdAt: new Date(1),
    content: { ...content, parts: [] },
  }));
  await memory.saveMessages({ messages });
  const gone = await outcomes([memory.deleteMessages(named), elsewhere.deleteMessages(named)]);
  expect(gone).toEqual(["done", "done"]);
  expect(ids(await memory.listMessages({ threadId: "t" }))).toEqual([]);
});

test("names that every object knows are names as others", async () => {
  const [store] = two();
  const { workflows, threadState } = await domains(store);
  await threadState.setState({ threadId: "t", type: "task", value: 1 });
  await workflows.persistWorkflowSnapshot({
    workflowName: "w",
    runId: "r",
    snapshot: snapshot("r", "running"),
  });
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect(await threadState.getState({ threadId: "t", type: name })).toBeUndefined();
    const at = { workflowName: name, runId: "r" };
    const opts = { status: "success" } as const;
    expect(await workflows.updateWorkflowState({ ...at, opts })).toBeUndefined();
    await threadState.setState({ threadId: "t", type: name, value: name });
    expect(await threadState.getState({ threadId: "t", type: name })).toBe(name);
  }
});
