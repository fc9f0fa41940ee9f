import { expect, test } from "vitest";
import {
  type Approval,
  digestOf,
  type Lease,
  memoryBackend,
  partitionName,
  type Store,
} from "../../src/index.ts";
import { answers, asks, call, desk, gives, leaseOf, says } from "./desk.ts";

const REFUND = { callId: "c1", tool: "refund", input: { order: 7 } };

interface Waiting {
  readonly store: Store;
  readonly lease: Lease;
  readonly approval: Approval;
}

async function running(store: Store = desk()): Promise<Lease> {
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1", { message: says("r") })));
  await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
  return lease;
}

async function waiting(): Promise<Waiting> {
  const store = desk();
  const lease = await running(store);
  const settle = { status: "suspended", turn: 1, approvals: [REFUND] } as const;
  await store.commit("t", { settle }, { operationId: "s", lease });
  const [approval] = await store.approvals.pending("t");
  if (!approval) throw new Error("Nothing is pending.");
  return { store, lease, approval };
}

test("an approval shows the call, its digest and the revision that a decision may name", async () => {
  const { approval } = await waiting();
  expect(approval).toEqual({
    id: "1/r/1:c1",
    threadId: "t",
    runId: "r",
    turn: 1,
    ...REFUND,
    digest: digestOf(["refund", { order: 7 }]),
    status: "pending",
    requestedAt: new Date(1_700_000_000_000),
    revision: 4,
  });
});

test("the first decision stands: the same again and its opposite are told so, and wake the run again", async () => {
  const { store, lease, approval } = await waiting();
  const { id } = approval;
  const wake = { runId: "r", threadId: "t", life: lease.life };
  const first = await store.approvals.decide(
    "t",
    { approvalId: id },
    { kind: "approve", input: { order: 8 } },
    { by: "ann", digest: approval.digest, shown: approval.revision, life: lease.life },
  );
  expect(first).toMatchObject({
    counted: true,
    wake,
    approval: {
      status: "approved",
      by: "ann",
      decision: { kind: "approve", input: { order: 8 } },
      decidedDigest: digestOf(["refund", { order: 8 }]),
    },
  });
  for (const decision of [{ kind: "approve" }, { kind: "deny", reason: "no" }] as const)
    expect(await store.approvals.decide("t", { approvalId: id }, decision)).toEqual({
      counted: false,
      approval: first.approval,
      wake,
    });
  expect(await store.approvals.get("t", id)).toEqual(first.approval);
  expect(await store.approvals.pending("t")).toEqual([]);
});

test("a retry of a decision, under its operation, is told that it counted", async () => {
  const { store, approval } = await waiting();
  const decide = async (operationId: string): Promise<boolean> => {
    const reference = { approvalId: approval.id };
    const options = { operationId };
    return (await store.approvals.decide("t", reference, { kind: "deny" }, options)).counted;
  };
  expect([await decide("a"), await decide("a"), await decide("b")]).toEqual([true, true, false]);
});

test("a decision for other arguments, another request or another life is refused, and nothing is recorded", async () => {
  const { store, lease, approval } = await waiting();
  const reference = { approvalId: approval.id };
  const approve = { kind: "approve" } as const;
  for (const [options, code] of [
    [{ digest: digestOf(["refund", { order: 8 }]) }, "CONFLICT"],
    [{ shown: approval.revision + 1 }, "CONFLICT"],
    [{ shown: 0 }, "CONFLICT"],
    [{ life: lease.life + 1 }, "DELETED"],
  ] as const)
    await expect(store.approvals.decide("t", reference, approve, options)).rejects.toMatchObject({
      code,
    });
  expect(await store.approvals.get("t", approval.id)).toEqual(approval);
});

test("a decision on a call that was shown before it was asked about counts when it names the digest", async () => {
  const { store, approval } = await waiting();
  const options = { shown: 0, digest: approval.digest };
  expect(
    await store.approvals.decide("t", { callId: "c1" }, { kind: "approve" }, options),
  ).toMatchObject({ counted: true });
});

test("what no stored answer holds is unknown", async () => {
  const { store } = await waiting();
  const approve = { kind: "approve" } as const;
  for (const reference of [
    { approvalId: "1/r/1:c9" },
    { approvalId: "1/r/2:c1" },
    { approvalId: "1/x/1:c1" },
    { approvalId: "nonsense" },
    { approvalId: `1/r/1:${"c".repeat(3000)}` },
    { runId: "r", callId: "c9" },
    { runId: "x", callId: "c1" },
    { callId: "c9" },
  ])
    await expect(store.approvals.decide("t", reference, approve)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  await expect(store.approvals.decide("nowhere", { callId: "c1" }, approve)).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await expect(store.approvals.decide("t", {}, approve)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("an early decision is compared with the stored answer, kept, and met by the suspension", async () => {
  for (const reference of [
    { approvalId: "1/r/1:c1" },
    { runId: "r", callId: "c1" },
    { callId: "c1" },
  ]) {
    const store = desk();
    const lease = await running(store);
    const deny = { kind: "deny", reason: "no" } as const;
    await expect(
      store.approvals.decide("t", reference, deny, { digest: "0" }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    const decided = await store.approvals.decide("t", reference, deny, { shown: 0 });
    expect(decided).toMatchObject({ counted: true, wake: { runId: "r" } });
    const settle = { status: "suspended", turn: 1, approvals: [REFUND] } as const;
    expect(await store.commit("t", { settle }, { operationId: "s", lease })).toEqual({
      status: "goOn",
      decisions: [decided.approval],
    });
  }
});

test("an early decision does not count for other arguments than the run then asks about", async () => {
  const store = desk();
  const lease = await running(store);
  await store.approvals.decide("t", { callId: "c1" }, { kind: "approve" });
  const approvals = [{ ...REFUND, input: { order: 9000 } }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  const made = await store.commit("t", { settle }, { operationId: "s", lease });
  expect(made).toMatchObject({ approvals: [{ status: "pending", input: { order: 9000 } }] });
  expect(await store.approvals.pending("t")).toHaveLength(1);
});

test("a call that is done waits for nobody", async () => {
  const store = desk();
  const lease = await running(store);
  await store.commit("t", gives(1, "c1", "done"), { operationId: "c1", lease });
  await expect(
    store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" }),
  ).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a decision after the end of its run is refused with the outcome, also where the end gave the call a text", async () => {
  const store = desk();
  await running(store);
  const { run } = await store.runs.cancel("r");
  const decide = store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" });
  await expect(decide).rejects.toMatchObject({
    code: "CONFLICT",
    cause: { runId: "r", outcome: run.outcome },
  });
});

test("a call id that names more than one call decides nothing", async () => {
  const store = desk();
  const lease = await running(store);
  await store.commit("t", gives(1, "c1", "done"), { operationId: "c1", lease });
  await store.commit("t", answers(2, "", [call("c1", { order: 9000 })]), {
    operationId: "m2",
    lease,
  });
  const decide = store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" });
  await expect(decide).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const [asked] = await store.approvals.request(lease, 2, [{ ...REFUND, input: { order: 9000 } }], {
    operationId: "ask",
  });
  expect(await store.approvals.decide("t", { callId: "c1" }, { kind: "deny" })).toMatchObject({
    counted: true,
    approval: { id: asked?.id, status: "denied" },
  });
});

test("a call id alone does not count where another run of this life was asked about the same", async () => {
  const { store, approval } = await waiting();
  await store.approvals.decide("t", { approvalId: approval.id }, { kind: "deny" });
  await store.runs.cancel("r");
  const lease = leaseOf(await store.runs.begin("t", asks("r2", "E2")));
  await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1-2", lease });
  await store.approvals.request(lease, 1, [REFUND], { operationId: "ask" });
  await expect(
    store.approvals.decide("t", { callId: "c1" }, { kind: "approve" }),
  ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(
    await store.approvals.decide("t", { runId: "r2", callId: "c1" }, { kind: "approve" }),
  ).toMatchObject({ counted: true, approval: { runId: "r2" } });
});

test("a request without suspending is asked once, and met by the suspension", async () => {
  const store = desk();
  const lease = await running(store);
  const ask = async (): Promise<readonly Approval[]> =>
    store.approvals.request(lease, 1, [REFUND], { operationId: "ask" });
  const asked = await ask();
  expect(await ask()).toEqual(asked);
  expect(await store.approvals.pending("t")).toEqual(asked);
  expect(await store.runs.get("r")).toMatchObject({ approvals: ["1/r/1:c1"], status: "running" });
  const settle = { status: "suspended", turn: 1, approvals: [REFUND] } as const;
  expect(await store.commit("t", { settle }, { operationId: "s", lease })).toMatchObject({
    approvals: asked,
  });
});

test("another user's approvals are forbidden, another tenant's are not there", async () => {
  const backend = memoryBackend();
  const ann = desk(backend, { scope: { tenant: "x", user: "ann" } });
  const lease = await running(ann);
  await ann.approvals.request(lease, 1, [REFUND], { operationId: "ask" });
  const bob = ann.for({ user: "bob" });
  const approve = { kind: "approve" } as const;
  for (const refused of [
    bob.approvals.pending("t"),
    bob.approvals.get("t", "1/r/1:c1"),
    bob.approvals.decide("t", { callId: "c1" }, approve),
    bob.runs.begin("t", asks("r", "E9")),
    bob.runs.start("t", { runId: "r9" }),
    bob.runs.cancel("r"),
    bob.runs.get("r"),
    bob.runs.look(lease),
    bob.commit("t", gives(1, "c1", 1), { operationId: "x", lease }),
  ])
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN" });
  const other = ann.for({ tenant: "y" });
  expect(await other.approvals.pending("t")).toEqual([]);
  expect(await other.runs.get("r")).toBeUndefined();
  expect(await ann.approvals.pending("t")).toHaveLength(1);
});

test("what is left of an old life fails in the new one", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  const lease = await running(store);
  const [approval] = await store.approvals.request(lease, 1, [REFUND], { operationId: "ask" });
  const partition = partitionName("t", [undefined, "t"]);
  const options = { operationId: "m2", lease };
  const old = asks("r", "E2", { life: lease.life });
  await backend.drop(partition, 0);
  for (const renewed of [false, true]) {
    if (renewed) await desk(backend).threads.create("t");
    const now = desk(backend);
    expect(await now.runs.begin("t", old)).toEqual({ status: "ended", reason: "deleted" });
    expect(await now.runs.claim("t", { ...old, execution: "E3" })).toEqual({
      status: "ended",
      reason: "deleted",
    });
    await expect(now.commit("t", answers(2, "late"), options)).rejects.toMatchObject({
      code: "DELETED",
    });
    await expect(
      now.approvals.decide("t", { approvalId: approval?.id ?? "" }, { kind: "approve" }),
    ).rejects.toMatchObject({ code: renewed ? "DELETED" : "NOT_FOUND" });
    await expect(
      now.approvals.decide("t", { callId: "c1" }, { kind: "approve" }, { life: lease.life }),
    ).rejects.toMatchObject({ code: "DELETED" });
    await expect(now.runs.cancel("r")).rejects.toMatchObject({ code: "NOT_FOUND" });
    if (!renewed) {
      const unnamed = asks("r", "E4");
      expect(await now.runs.claim("t", unnamed)).toEqual({ status: "ended", reason: "deleted" });
      expect(await now.runs.begin("t", unnamed)).toEqual({ status: "ended", reason: "deleted" });
      await expect(now.runs.start("t", { runId: "n" })).rejects.toMatchObject({ code: "DELETED" });
    }
  }
  expect(await desk(backend).history.read("t")).toEqual([]);
});
