import { describe, expect, test } from "vitest";
import {
  type Approval,
  type Backend,
  type InputCheck,
  memoryBackend,
  type Store,
} from "../../src/index.ts";
import { answers, asks, begun, call, desk, leaseOf, REFUND } from "./desk.ts";
import { naming, overtaken } from "./faults.ts";

const HOUR = 3_600_000;
const NOON = 1_700_000_000_000;
const LATE = { at: NOON + HOUR };

interface Waiting {
  readonly backend: Backend;
  readonly store: Store;
  readonly approval: Approval;
}

/** A run waits for a person for an hour at most. */
async function waiting(backend = memoryBackend()): Promise<Waiting> {
  const store = desk(backend);
  const lease = await begun(store);
  await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
  const approvals = [{ ...REFUND, expiresInMs: HOUR }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit("t", { settle }, { operationId: "s", lease });
  const [approval] = await store.approvals.pending("t");
  if (!approval) throw new Error("Nothing is pending.");
  return { backend, store, approval };
}

describe("a deadline", () => {
  test("stands in the approval, and the first one stands when it is asked again", async () => {
    const { approval } = await waiting();
    expect(approval.expiresAt).toEqual(new Date(NOON + HOUR));
    const store = desk();
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    const ask = async (expiresInMs: number, operationId: string): Promise<unknown> =>
      (await store.approvals.request(lease, 1, [{ ...REFUND, expiresInMs }], { operationId }))[0]
        ?.expiresAt;
    expect(await ask(HOUR, "a")).toEqual(new Date(NOON + HOUR));
    expect(await ask(5, "b")).toEqual(new Date(NOON + HOUR));
  });

  test.each([0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER, "1", null])(
    "of %s is refused, and nothing is asked",
    async (expiresInMs) => {
      const store = desk();
      const lease = await begun(store);
      const asked = store.approvals.request(
        lease,
        1,
        [{ ...REFUND, expiresInMs: expiresInMs as number }],
        { operationId: "a" },
      );
      await expect(asked).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      expect(await store.approvals.pending({})).toEqual({ approvals: [] });
    },
  );

  test("that passes while a decision is on its way: what is written first stands", async () => {
    const { backend, approval } = await waiting();
    const reference = { approvalId: approval.id };
    const decideFirst = overtaken(backend, naming("approval/"), async () =>
      desk(backend).approvals.decide("t", reference, { kind: "approve" }),
    );
    const expired = await desk(decideFirst, LATE).approvals.expire("t", approval.id);
    expect(expired).toMatchObject({ counted: false, approval: { status: "approved" } });

    const other = await waiting();
    const expireFirst = overtaken(other.backend, naming("approval/"), async () =>
      desk(other.backend, LATE).approvals.expire("t", other.approval.id),
    );
    const decided = await desk(expireFirst).approvals.decide("t", reference, { kind: "approve" });
    expect(decided).toMatchObject({ counted: false, approval: { status: "expired" } });
  });

  test("does nothing to a run that is cancelled meanwhile", async () => {
    const { backend, store, approval } = await waiting();
    const late = desk(
      overtaken(backend, naming("approval/"), async () => store.runs.cancel("r")),
      LATE,
    );
    await expect(late.approvals.expire("t", approval.id)).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(await store.approvals.get("t", approval.id)).toEqual(approval);
    expect((await desk(backend, LATE).maintain({ ms: 10_000 })).wakes).toEqual([]);
  });

  test("that passes while the run works is met by its suspension", async () => {
    const backend = memoryBackend();
    const store = desk(backend);
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    const approvals = [{ ...REFUND, expiresInMs: HOUR }];
    await store.approvals.request(lease, 1, approvals, { operationId: "ask" });
    const settle = { status: "suspended", turn: 1, approvals } as const;
    const slow = overtaken(backend, naming("approval/"), async () =>
      desk(backend, LATE).maintain({ ms: 10_000 }),
    );
    const made = await desk(slow).commit("t", { settle }, { operationId: "s", lease });
    expect(made).toMatchObject({ status: "goOn", decisions: [{ status: "expired" }] });
  });

  test("of what is asked after its note was met expires too", async () => {
    const backend = memoryBackend();
    const store = desk(backend);
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    const asking = overtaken(backend, naming("approval/"), async () =>
      desk(backend, LATE).maintain({ ms: 10_000 }),
    );
    const request = { ...REFUND, expiresInMs: HOUR };
    await desk(asking).approvals.request(lease, 1, [request], { operationId: "ask" });
    const { wakes } = await desk(backend, { at: NOON + 3 * HOUR }).maintain({ ms: 10_000 });
    expect(wakes).toEqual([{ runId: "r", threadId: "t", life: lease.life }]);
  });

  test("is refused where there is none, and by another user, in another life and of what is unknown", async () => {
    const { store, approval } = await waiting();
    const lease = leaseOf(await store.runs.begin("u", asks("u", "U")));
    await store.commit("u", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    const [open] = await store.approvals.request(lease, 1, [REFUND], { operationId: "ask" });
    for (const [refused, code] of [
      [store.approvals.expire("u", open?.id ?? ""), "INVALID_ARGUMENT"],
      [store.approvals.expire("t", "1/r/1:c9"), "NOT_FOUND"],
      [store.approvals.expire("nowhere", approval.id), "NOT_FOUND"],
      [store.approvals.expire("t", approval.id, { life: 99 }), "DELETED"],
      [store.for({ user: "bob" }).approvals.expire("t", approval.id), "FORBIDDEN"],
    ] as const)
      await expect(refused).rejects.toMatchObject({ code });
  });
});

describe("a modified input", () => {
  const approve = { kind: "approve", input: { order: 8 } } as const;

  test("is looked at once, also when the write is made again", async () => {
    const { backend, store, approval } = await waiting();
    const seen: unknown[] = [];
    const check = (_asked: unknown, input: unknown): InputCheck => {
      seen.push(input);
      return { ok: true, input };
    };
    const moved = overtaken(backend, naming("approval/"), async () =>
      store.runs.incompatible("r", { message: "moves the run" }),
    );
    const reference = { approvalId: approval.id };
    const decided = await desk(moved).approvals.decide("t", reference, approve, { check });
    expect(decided.counted).toBe(true);
    await store.approvals.decide("t", reference, approve, { check });
    expect(seen).toEqual([{ order: 8 }]);
  });

  test("that nothing can keep, or a checker that throws, leaves the approval as it is", async () => {
    const { store, approval } = await waiting();
    const reference = { approvalId: approval.id };
    const no = new Error("no");
    for (const [check, error] of [
      [() => ({ ok: true, input: () => 1 }), { code: "UNSUPPORTED_VALUE" }],
      [() => undefined, { code: "INVALID_ARGUMENT" }],
      [() => Promise.reject(no), no],
      ["no function", { code: "INVALID_ARGUMENT" }],
    ] as const)
      await expect(
        store.approvals.decide("t", reference, approve, { check: check as never }),
      ).rejects.toMatchObject(error);
    expect(await store.approvals.get("t", approval.id)).toEqual(approval);
  });
});

test("what is done again when its operation has been forgotten has no second effect", async () => {
  const { backend, approval } = await waiting();
  const forgotten = desk(backend, { at: NOON + 31 * 24 * HOUR });
  const lease = { threadId: "t", runId: "r", execution: "E1", fence: 2, life: 1 };
  const before = await forgotten.history.count("t");
  expect(await forgotten.runs.begin("t", asks("r", "E1"))).toMatchObject({ status: "waiting" });
  expect(await forgotten.runs.start("t", { runId: "r" })).toMatchObject({ replayed: true });
  for (const again of [
    forgotten.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease }),
    forgotten.approvals.request(lease, 1, [REFUND], { operationId: "s" }),
    forgotten.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "s" }),
  ])
    await expect(again).rejects.toMatchObject({ code: "LEASE_LOST" });
  expect(await forgotten.approvals.get("t", approval.id)).toEqual(approval);
  expect(await forgotten.history.count("t")).toBe(before);
});
