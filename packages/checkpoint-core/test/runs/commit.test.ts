import { expect, test } from "vitest";
import {
  type Backend,
  type Commit,
  type Lease,
  memoryBackend,
  partitionName,
  type Store,
  type ToolCall,
  type Write,
} from "../../src/index.ts";
import { decodeExceptions, EXCEPTIONS } from "../../src/store/checkpoints/schema.ts";
import { openPartition } from "../../src/store/partition.ts";
import { answers, asks, call, desk, gives, leaseOf, madeBy, says, told } from "./desk.ts";

async function running(store: Store): Promise<Lease> {
  return leaseOf(await store.runs.begin("t", asks("r", "E1", { message: says("r") })));
}

test("without a lease history and a checkpoint agree, once, and nothing else is taken", async () => {
  const store = desk();
  const changes = {
    history: [{ value: 1 }, { id: "mine", value: 2 }],
    checkpoint: { state: { a: 1 } },
  };
  const first = madeBy(await store.commit("t", changes, { operationId: "op" }));
  expect(await store.commit("t", changes, { operationId: "op" })).toEqual({
    ...first,
    replayed: true,
    history: { ...first.history, replayed: true },
  });
  expect(first).toMatchObject({
    status: "committed",
    replayed: false,
    history: { ids: ["~commit/op/0", "mine"] },
  });
  expect(await told(store, "t")).toEqual([1, 2]);
  expect(await store.checkpoints.get("t", first.checkpointId)).toEqual({ a: 1 });
  for (const held of [answers(1, "x"), gives(1, "c", 1), { ms: 5 }, { unfinished: {} }])
    await expect(store.commit("t", held, { operationId: "x" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
});

test("closes turn n with the commit that stores answer n + 1, with results as stored and texts that are given", async () => {
  const store = desk();
  const lease = await running(store);
  const calls = [call("c1"), call("c2"), call("c3")];
  await store.commit("t", answers(1, "thinking", calls), { operationId: "m1", lease });
  await store.commit("t", gives(1, "c1", { ok: true }), { operationId: "c1", lease });
  expect(await told(store, "t")).toEqual([says("r").value]);
  await store.commit(
    "t",
    { ...answers(2, "so"), unfinished: { c2: "Denied by ann." }, ...gives(1, "c3", 3) },
    { operationId: "m2", lease },
  );
  const tool = { role: "tool", toolName: "refund" };
  expect(await told(store, "t")).toEqual([
    says("r").value,
    { role: "assistant", content: "thinking", toolCalls: calls },
    { ...tool, toolCallId: "c1", content: { ok: true } },
    { ...tool, toolCallId: "c2", content: "Denied by ann.", isError: true },
    { ...tool, toolCallId: "c3", content: 3 },
  ]);
  const { results } = await store.runs.turn(lease, 1);
  expect(results.get("c2")?.content).toBe("Denied by ann.");
  const late = await store.commit("t", gives(1, "c2", "late"), { operationId: "late", lease });
  expect(late).toMatchObject({ replayed: true, result: { content: "Denied by ann." } });
});

test("a turn is told with the results of its calls, and with what else stands under it only where that is asked for", async () => {
  const store = desk();
  const lease = await running(store);
  const own = gives(1, "~c1/page:1", "inner");
  await store.commit("t", own, { operationId: "own", lease });
  expect(await store.runs.turn(lease, 1)).toEqual({ held: true, results: new Map() });
  await store.commit("t", answers(1, "so", [call("c1"), call("c2")]), { operationId: "m", lease });
  await store.commit("t", gives(1, "c1", 1), { operationId: "c1", lease });
  const { answer, results } = await store.runs.turn(lease, 1);
  expect(answer?.message.content).toBe("so");
  expect([...results.keys()]).toEqual(["c1"]);
  const whole = await store.runs.turn(lease, 1, { all: true });
  expect([...whole.results.keys()].toSorted()).toEqual(["c1", "~c1/page:1"]);
  await expect(store.runs.turn(lease, 1, true as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("a settling without an answer closes the last turn; the same call id in two turns is two results", async () => {
  const store = desk();
  const lease = await running(store);
  for (const turn of [1, 2]) {
    await store.commit("t", answers(turn, `${turn}`, [call("c")]), {
      operationId: `m${turn}`,
      lease,
    });
    await store.commit("t", gives(turn, "c", turn), { operationId: `c${turn}`, lease });
  }
  await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "done" });
  expect((await told(store, "t")).slice(1)).toMatchObject([
    { content: "1" },
    { content: 1 },
    { content: "2" },
    { content: 2 },
  ]);
});

test("an answer and the suspension on its calls are one commit; the next answer closes that turn with what was decided", async () => {
  const store = desk();
  const lease = await running(store);
  const approvals = [{ callId: "c", tool: "refund", input: { order: 7 } }];
  const changes: Commit = {
    ...answers(1, "", [call("c")]),
    checkpoint: { state: 1 },
    settle: { status: "suspended", turn: 1, approvals },
  };
  const made = madeBy(await store.commit("t", changes, { operationId: "m1", lease }));
  expect(made).toMatchObject({
    run: { status: "suspended" },
    answer: { message: { content: "" } },
  });
  expect(await store.commit("t", changes, { operationId: "m1", lease })).toEqual({
    ...made,
    replayed: true,
  });
  await store.approvals.decide("t", { callId: "c" }, { kind: "deny" });
  const held = leaseOf(await store.runs.claim("t", asks("r", "E2")));
  const unfinished = { c: "Denied." };
  const next = { ...answers(2, "Then not."), unfinished };
  await store.commit("t", next, { operationId: "m2", lease: held });
  expect((await told(store, "t")).at(-1)).toMatchObject({ content: "Denied.", isError: true });
});

test("a settle and a commit of one step never pass for each other", async () => {
  const store = desk();
  const lease = await running(store);
  await store.commit("t", answers(1, "a"), { operationId: "same", lease });
  const settled = await store.runs.settle(
    lease,
    { status: "completed", output: 1 },
    { operationId: "same" },
  );
  expect(settled).toMatchObject({ replayed: false, run: { status: "completed" } });
  expect(
    await store.runs.settle(lease, { status: "completed", output: 2 }, { operationId: "same" }),
  ).toEqual({ ...settled, replayed: true });
});

test("keeps the pin of the run's checkpoint and moves it with the next, until the run is final", async () => {
  for (const end of [
    "completed",
    "completed with a checkpoint",
    "cancelled",
    "superseded",
    "failed",
  ]) {
    const backend = memoryBackend();
    const store = desk(backend);
    const lease = await running(store);
    const put = async (operationId: string, more: Commit = {}): Promise<void> => {
      const changes = { checkpoint: { state: operationId }, ...more };
      const { checkpointId } = madeBy(await store.commit("t", changes, { operationId, lease }));
      expect(await store.runs.get("r")).toMatchObject({ checkpointId });
    };
    await put("k1");
    expect(await pins(backend)).toEqual([1]);
    await put("k2");
    expect(await pins(backend)).toEqual([2]);
    const done = { status: "completed", output: 1 } as const;
    const error = { name: "Error", message: "no" };
    if (end === "completed") await store.runs.settle(lease, done, { operationId: "done" });
    else if (end === "cancelled") await store.runs.cancel("r");
    else if (end === "superseded")
      await store.runs.begin("t", asks("n", "N", { whenBusy: "cancel" }));
    else if (end === "failed") {
      const outcome = { status: "failed", error } as const;
      await store.runs.notice("t", { runId: "r", execution: "E1", outcome });
    } else await put("k3", { settle: done });
    expect(await pins(backend), end).toEqual(end === "failed" ? [2] : []);
    await store.runs.cancel("r");
    expect(await pins(backend), end).toEqual([]);
  }
});

async function pins(backend: Backend): Promise<readonly number[]> {
  const partition = openPartition(backend, partitionName("t", [undefined, "t"]));
  const record = (await partition.read([EXCEPTIONS], 0)).get(EXCEPTIONS);
  return record ? decodeExceptions(record).pinned.map(({ ordinal }) => ordinal) : [];
}

test("refuses what is wrong before anything is written", async () => {
  const store = desk();
  const lease = await running(store);
  const twice = [call("c"), call("c")];
  const ask = { callId: "c", tool: "refund", input: 1 };
  const suspend = (approvals: readonly (typeof ask)[]): Commit => ({
    settle: { status: "suspended", turn: 1, approvals },
  });
  for (const [changes, at] of [
    [answers(0, "x"), lease],
    [answers(1.5, "x"), lease],
    [answers(2, "no turn before"), lease],
    [answers(1, "x", twice), lease],
    [suspend([ask, ask]), lease],
    [{ ...answers(1, "x"), ms: 0 }, lease],
    [gives(1, "", 1), lease],
    [answers(1, "x"), { ...lease, threadId: "other" }],
  ] as const)
    await expect(store.commit("t", changes, { operationId: "x", lease: at })).rejects.toMatchObject(
      {
        code: "INVALID_ARGUMENT",
      },
    );
  await expect(
    store.commit("t", answers(1, "x"), { operationId: "", lease }),
  ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  await expect(
    store.commit(
      "t",
      gives(1, "c", () => 1),
      { operationId: "x", lease },
    ),
  ).rejects.toMatchObject({ code: "UNSUPPORTED_VALUE" });
  for (const wrong of [{ runId: "" }, { execution: "" }, { event: "" }, { ms: 0 }, { seen: -1 }])
    await expect(store.runs.begin("t", { ...asks("r", "E9"), ...wrong })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  expect(await store.runs.turn(lease, 1)).toEqual({ held: true, results: new Map() });
});

function manyCalls(count: number): ToolCall[] {
  return Array.from({ length: count }, (_, index) => call(`c${index}`));
}

test("refuses an answer whose turn could not be closed in one write", async () => {
  const store = desk(memoryBackend({ limits: { maxWrites: 50 } }));
  const lease = await running(store);
  const answer = store.commit("t", answers(1, "", manyCalls(11)), { operationId: "m1", lease });
  await expect(answer).rejects.toMatchObject({ code: "TOO_LARGE" });
  await store.commit("t", answers(1, "", manyCalls(10)), { operationId: "m1", lease });
  await store.runs.begin("t", asks("n", "N", { whenBusy: "cancel", message: says("n") }));
  expect(await told(store, "t")).toHaveLength(13);
});

test("is one write, with the operation first, then lease, pulse, answer, results, run, queue, checkpoint and history", async () => {
  const inner = memoryBackend();
  const batches: (readonly Write[])[] = [];
  const thread = partitionName("t", [undefined, "t"]);
  const store = desk({
    ...inner,
    async write(partition, batch) {
      if (partition === thread) batches.push(batch.writes);
      return inner.write(partition, batch);
    },
  });
  const lease = await running(store);
  await store.commit("t", answers(1, "", [call("c")]), { operationId: "m1", lease });
  batches.length = 0;
  await store.commit(
    "t",
    {
      ...answers(2, "Done."),
      checkpoint: { state: 1 },
      settle: { status: "completed", output: 1 },
    },
    { operationId: "m2", lease },
  );
  const order = batches.map((writes) =>
    writes.map((write) => ("key" in write ? write.key : write.prefix).split("/")[0]),
  );
  expect(order).toHaveLength(1);
  const heads = [...new Set(order[0])].filter((head) => head !== "life");
  expect(heads.slice(0, 9)).toEqual([
    "o",
    "lease",
    "pulse",
    "answer",
    "result",
    "run",
    "queue",
    "h",
    "c",
  ]);
  expect(batches[0]?.map((write) => write.op)).not.toContain("append");
});
