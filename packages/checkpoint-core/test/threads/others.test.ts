import { expect, test } from "vitest";
import { createStore, memoryBackend, partitionName, type Store } from "../../src/index.ts";
import { answers, asks, call, leaseOf } from "../runs/desk.ts";

const name = partitionName("t", [undefined, "t"]);
const thread = { kind: "thread", threadId: "t" } as const;

/** A thread with something of everything, and what its records go by. */
async function fill(store: Store): Promise<Readonly<Record<"checkpoint" | "approval", string>>> {
  await store.history.append("t", [{ id: "a", value: 1 }], { operationId: "h" });
  const checkpoint = await store.checkpoints.put("t", { n: 1 }, { id: "mine" });
  await store.checkpoints.attach("t", checkpoint, "k", 1);
  await store.memory.write(thread, [{ id: "m", text: "text" }]);
  await store.streams.append("s", ["x"], { threadId: "t" });
  await store.effects.once("t", "effect", () => 1);
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E")));
  await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m", lease });
  const approvals = [{ callId: "c1", tool: "refund", input: call("c1").input, expiresInMs: 1000 }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit("t", { settle }, { operationId: "s", lease });
  const [approval] = await store.approvals.pending("t");
  return { checkpoint, approval: approval?.id ?? "" };
}

/** What somebody may ask of a thread. */
function verbs(
  store: Store,
  { checkpoint, approval }: Awaited<ReturnType<typeof fill>>,
): Readonly<Record<string, () => Promise<unknown>>> {
  const { approvals, checkpoints, effects, history, memory, runs, streams, threads } = store;
  const entry = [{ id: "a", value: 2 }];
  return {
    get: () => threads.get("t"),
    create: () => threads.create("t"),
    update: () => threads.update("t", { title: "x" }),
    delete: () => threads.delete("t"),
    read: () => history.read("t"),
    "read before": () => history.read("t", { before: "9".repeat(16), maxBytes: 10 }),
    count: () => history.count("t"),
    append: () => history.append("t", entry),
    upsert: () => history.upsert("t", entry),
    replace: () => history.replace("t", {}, entry, { expected: 1 }),
    clear: () => history.clear("t"),
    newest: () => checkpoints.get("t"),
    one: () => checkpoints.get("t", checkpoint),
    record: () => checkpoints.record("t"),
    list: () => checkpoints.list("t"),
    put: () => checkpoints.put("t", { n: 2 }),
    change: () => checkpoints.append("t", { parentId: checkpoint, changes: [] }),
    fork: () => checkpoints.fork("t", checkpoint, "bob's"),
    "fork no checkpoint": () => checkpoints.fork("t", "none", "bob's"),
    attach: () => checkpoints.attach("t", checkpoint, "k", 2),
    attachments: () => checkpoints.attachments("t", checkpoint),
    remove: () => checkpoints.delete("t", checkpoint),
    "remove all": () => checkpoints.delete("t"),
    remember: () => memory.write(thread, [{ id: "m", text: "other" }]),
    recall: () => memory.list(thread),
    search: () => memory.search(thread, "text"),
    stream: () => streams.read("s"),
    "write to the stream": () => streams.append("s", ["y"]),
    "stream beside": () => streams.append("bob's", ["y"], { threadId: "t" }),
    once: () => effects.once("t", "effect", () => 2),
    effect: () => effects.get("t", "effect"),
    unrecorded: () => effects.unrecorded("t"),
    start: () => runs.start("t", { runId: "bob's" }),
    begin: () => runs.begin("t", asks("bob's", "E")),
    claim: () => runs.claim("t", asks("r", "E2")),
    holding: () => runs.holding("t"),
    cancel: () => runs.cancel("r"),
    run: () => runs.get("r"),
    pending: () => approvals.pending("t"),
    approval: () => approvals.get("t", approval),
    decide: () => approvals.decide("t", { approvalId: approval }, { kind: "approve" }),
    expire: () => approvals.expire("t", approval),
    commit: () => store.commit("t", { history: entry }, { operationId: "bob's" }),
  };
}

test("whatever of a thread is damaged, others are told nothing but that it is not theirs", async () => {
  const backend = memoryBackend();
  const ann = createStore({ backend, scope: { user: "ann" }, now: () => 1000 });
  const ids = await fill(ann);
  const spoil = async (): Promise<number> => {
    const { records } = await backend.scan(name, { from: "!", to: "~~", limit: 500 }, 1000);
    const others = records.filter(({ key }) => key !== "life" && key !== "lease");
    for (const { key, value: stored } of others) {
      const value = stored.map((byte, index) => (index === stored.length - 2 ? byte ^ 1 : byte));
      await backend.write(name, { writes: [{ op: "put", key, value, expect: "any" }], now: 1000 });
    }
    return others.length;
  };
  const codes = async (): Promise<Readonly<Record<string, unknown>>> => {
    const bob = createStore({ backend, scope: { user: "bob" }, now: () => 9000 });
    const told: Record<string, unknown> = {};
    for (const [verb, act] of Object.entries(verbs(bob, ids)))
      told[verb] = await act().catch(({ code }: { readonly code: unknown }) => code);
    return told;
  };
  const sound = await codes();
  expect(sound).toEqual(Object.fromEntries(Object.keys(sound).map((verb) => [verb, "FORBIDDEN"])));
  expect(await spoil()).toBeGreaterThan(10);
  expect(await codes()).toEqual(sound);
  const bob = createStore({ backend, scope: { user: "bob" } });
  expect((await bob.threads.list()).threads).toEqual([]);
  expect((await bob.runs.list()).runs).toEqual([]);
  expect((await bob.approvals.pending()).approvals).toEqual([]);
  expect(await bob.threads.get("bob's")).toBeUndefined();
});
