import { describe, expect, test } from "vitest";
import { type Backend, memoryBackend, partitionName, type Store } from "../../src/index.ts";
import { answers, asks, begun, call, desk, gives, REFUND, suspended } from "./desk.ts";

const ALICE = { tenant: "t", user: "alice" };
const BOB = { tenant: "t", user: "bob" };

/** The same backend; what happens `meanwhile` happens once, after the n-th read or scan that `when` is true of. */
function between(
  backend: Backend,
  when: (keys: readonly string[]) => boolean,
  meanwhile: () => Promise<void>,
): Backend {
  let due = true;
  return {
    ...backend,
    async read(partition, keys, now) {
      const records = await backend.read(partition, keys, now);
      if (due && when(keys)) {
        due = false;
        await meanwhile();
      }
      return records;
    },
  };
}

/** The thread of Alice is dropped, and Bob makes one of the same name with a run of the same name. */
async function bobsLife(backend: Backend): Promise<void> {
  await backend.drop(partitionName("t", ["t", "t"]), 0);
  const bob = desk(backend, { scope: BOB });
  await bob.threads.create("t");
  await suspended(bob, await begun(bob));
}

test("another user of the tenant gets nothing by an operation id: not of begin, claim, start, commit, settle, request, decide, cancel", async () => {
  const backend = memoryBackend();
  const alice = desk(backend, { scope: ALICE });
  const bob = desk(backend, { scope: BOB });
  const lease = await begun(alice);
  await alice.commit("t", answers(1, "secret", [call("c1")]), { operationId: "m1", lease });
  await alice.commit("t", gives(1, "c1", "secret"), { operationId: "c1", lease });
  await alice.commit("t", { history: [{ value: "secret" }] }, { operationId: "h1" });
  await alice.approvals.request(lease, 1, [REFUND], { operationId: "q1" });
  await alice.approvals.decide("t", { callId: "c1" }, { kind: "approve" }, { operationId: "d1" });
  const done = { status: "completed", output: "secret" } as const;
  await alice.runs.settle(lease, done, { operationId: "s1" });
  const tries: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
    ["begin", async ({ runs }) => runs.begin("t", asks("r", "E1"))],
    ["claim", async ({ runs }) => runs.claim("t", asks("r", "E1"))],
    ["start", async ({ runs }) => runs.start("t", { runId: "r" })],
    ["commit", async (store) => store.commit("t", answers(1, "x"), { operationId: "m1", lease })],
    [
      "result",
      async (store) => store.commit("t", gives(1, "c1", "x"), { operationId: "c1", lease }),
    ],
    [
      "unheld",
      async (store) => store.commit("t", { history: [{ value: 1 }] }, { operationId: "h1" }),
    ],
    [
      "request",
      async ({ approvals }) => approvals.request(lease, 1, [REFUND], { operationId: "q1" }),
    ],
    [
      "decide",
      async ({ approvals }) =>
        approvals.decide("t", { callId: "c1" }, { kind: "approve" }, { operationId: "d1" }),
    ],
    ["settle", async ({ runs }) => runs.settle(lease, done, { operationId: "s1" })],
    ["cancel", async ({ runs }) => runs.cancel("r")],
    ["look", async ({ runs }) => runs.look(lease, { turn: 1 })],
    ["turn", async ({ runs }) => runs.turn(lease, 1)],
    ["pending", async ({ approvals }) => approvals.pending("t")],
  ];
  for (const [verb, ask] of tries)
    await expect(ask(bob), verb).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await alice.runs.begin("t", asks("r", "E1"))).toMatchObject({ status: "leased", lease });
});

test("an event of another life is told so, whatever its operation answered", async () => {
  const store = desk();
  const lease = await begun(store);
  const { life } = lease;
  expect(await store.runs.begin("t", asks("r", "E1", { life: life + 1 }))).toEqual({
    status: "ended",
    reason: "deleted",
  });
  await store.commit("t", answers(1, "a"), { operationId: "m1", lease });
  const other = { ...lease, life: life + 1 };
  const again = store.commit("t", answers(1, "a"), { operationId: "m1", lease: other });
  await expect(again).rejects.toMatchObject({ code: "DELETED" });
});

/** Alice's run, and her store in which Bob's life begins at that moment. */
async function lives(
  when: (keys: readonly string[]) => boolean,
): Promise<{ alice: Store; lease: Awaited<ReturnType<typeof begun>> }> {
  const backend = memoryBackend();
  const first = desk(backend, { scope: ALICE });
  const lease = await begun(first);
  await first.commit("t", answers(1, "alice", [call("c1")]), { operationId: "m1", lease });
  await first.approvals.request(lease, 1, [REFUND], { operationId: "q1" });
  const watched = between(backend, when, async () => bobsLife(backend));
  return { alice: desk(watched, { scope: ALICE }), lease };
}

describe("when the thread begins another life between two reads, nothing of it is told", () => {
  test("runs.turn", async () => {
    const { alice, lease } = await lives((keys) => keys.some((key) => key.startsWith("answer/")));
    await expect(alice.runs.turn(lease, 1)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("approvals.pending", async () => {
    const { alice } = await lives((keys) => keys.includes("life"));
    await expect(alice.approvals.pending("t")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("runs.holding", async () => {
    const { alice } = await lives((keys) => keys.includes("lease"));
    await expect(alice.runs.holding("t")).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("a replayed commit", async () => {
    const { alice, lease } = await lives((keys) => keys.some((key) => key.startsWith("o/commit")));
    const again = alice.commit("t", answers(1, "x"), { operationId: "m1", lease });
    await expect(again).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("a decision on what is decided or over", async () => {
    const { alice } = await lives((keys) => keys.includes("queue"));
    const deciding = alice.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" });
    await expect(deciding).rejects.toMatchObject({ code: "FORBIDDEN" });
  });
});

test("what is looked at with the lease of an earlier life is not of the later one", async () => {
  const backend = memoryBackend();
  const store = desk(backend, { scope: ALICE });
  const old = await begun(store);
  await backend.drop(partitionName("t", ["t", "t"]), 0);
  await store.threads.create("t");
  const lease = await begun(store);
  await store.commit("t", answers(1, "later", [call("c1")]), { operationId: "m1", lease });
  await store.commit("t", gives(1, "c1", "later"), { operationId: "c1", lease });
  expect(await store.runs.look(old, { turn: 1 })).toEqual({ held: false });
  expect(await store.runs.turn(old, 1)).toEqual({ held: false, results: new Map() });
});

test("a claim whose checkpoint was deleted since is refused as its first asking would be now: INCOMPATIBLE", async () => {
  const store = desk();
  await suspended(store, await begun(store));
  for (const { id } of await store.approvals.pending("t"))
    await store.approvals.decide("t", { approvalId: id }, { kind: "approve" });
  expect(await store.runs.claim("t", asks("r", "E2"))).toMatchObject({ state: { step: 1 } });
  await store.checkpoints.delete("t");
  await expect(store.runs.claim("t", asks("r", "E2"))).rejects.toMatchObject({
    code: "INCOMPATIBLE",
  });
});

test("an id of a run that another user has is told to be taken, and nothing else of it", async () => {
  const backend = memoryBackend();
  await begun(desk(backend, { scope: ALICE }), "r");
  const bob = desk(backend, { scope: BOB });
  const taken = { code: "INVALID_ARGUMENT", message: "The run id r is taken." };
  await expect(bob.runs.begin("mine", asks("r", "E9"))).rejects.toMatchObject(taken);
  await expect(bob.runs.start("mine", { runId: "r" })).rejects.toMatchObject(taken);
  expect(await bob.threads.get("mine")).toBeUndefined();
});
