import { describe, expect, test } from "vitest";
import { type BeginAnswer, type BeginOptions, memoryBackend } from "../../src/index.ts";
import {
  answers,
  asks,
  begun,
  call,
  desk,
  failed,
  gives,
  leaseOf,
  madeBy,
  REFUND,
  says,
  suspended,
  told,
} from "./desk.ts";

describe("running", () => {
  test("a challenger waits, and takes over only when the pulse it saw has not moved", async () => {
    const backend = memoryBackend();
    const store = desk(backend);
    const behind = desk(backend, { at: 1_699_996_400_000 });
    const lease = await begun(store);
    await store.runs.pulse(lease, { ms: 60_000 });
    const busy = await behind.runs.claim("t", asks("r", "E2"));
    expect(busy).toMatchObject({ status: "busy", ms: 60_000, run: { execution: "E1" } });
    const { seen } = busy as { seen: number };
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    const moved = await behind.runs.claim("t", asks("r", "E2", { seen, operationId: "E2:2" }));
    expect(moved).toMatchObject({ status: "busy", ms: 1000 });
    const { seen: later } = moved as { seen: number };
    const taken = leaseOf(
      await behind.runs.claim("t", asks("r", "E2", { seen: later, operationId: "E2:3" })),
    );
    expect(taken.fence).toBeGreaterThan(lease.fence);
    await expect(
      store.commit("t", gives(1, "c1", "late"), { operationId: "c1", lease }),
    ).rejects.toMatchObject({ code: "LEASE_LOST" });
    await expect(store.runs.pulse(lease, { ms: 1 })).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(await behind.runs.look(taken, { turn: 1, callId: "c1" })).toEqual({ held: true });
    expect(await behind.runs.look(lease)).toEqual({ held: false });
  });

  test("takeovers in a row are counted anew when something is stored, and when nobody had the run", async () => {
    const store = desk();
    await begun(store);
    let nth = 1;
    const takeOver = async (): Promise<Extract<BeginAnswer, { readonly status: "leased" }>> => {
      nth += 1;
      const claim = (more: Partial<BeginOptions>) =>
        store.runs.claim("t", asks("r", `E${nth}`, more));
      const busy = await claim({ operationId: `busy ${nth}` });
      const { seen } = busy as { readonly seen: number };
      const answer = await claim({ seen });
      if (answer.status !== "leased") throw new Error("Nothing has moved.");
      expect(await claim({ seen })).toEqual(answer);
      return answer;
    };
    expect((await takeOver()).takeovers).toBe(1);
    const { lease, takeovers } = await takeOver();
    expect(takeovers).toBe(2);
    await store.runs.pulse(lease, { ms: 2000 });
    const third = await takeOver();
    expect(third.takeovers).toBe(3);
    const asked = answers(1, "", [call("c1"), call("c2")]);
    await store.commit("t", asked, { operationId: "m1", lease: third.lease });
    const fourth = await takeOver();
    expect(fourth.takeovers).toBe(1);
    expect((await takeOver()).takeovers).toBe(2);
    const sixth = await takeOver();
    await store.commit("t", gives(1, "c2", "ok"), { operationId: "c2", lease: sixth.lease });
    expect((await takeOver()).takeovers).toBe(1);
    const eighth = await takeOver();
    const state = { checkpoint: { state: { step: 1 } } };
    await store.commit("t", state, { operationId: "state", lease: eighth.lease });
    const ninth = await takeOver();
    expect(ninth.takeovers).toBe(1);
    const retry = await failed(store, ninth.lease);
    const retried = await store.runs.claim("t", asks("r", "again", { retry }));
    expect(retried).not.toHaveProperty("takeovers");
    nth = 100;
    expect((await takeOver()).takeovers).toBe(1);
  });

  test("the holder that asks again in another step gets the lease it has", async () => {
    const store = desk();
    const lease = await begun(store);
    const again = await store.runs.begin("t", asks("r", "E1", { operationId: "E1:again" }));
    expect(leaseOf(again)).toEqual(lease);
  });
});

describe("suspended", () => {
  test("waits for all, and a decision on one of them is not enough", async () => {
    const store = desk();
    const lease = await begun(store);
    await suspended(store, lease);
    const [first, second] = await store.approvals.pending("t");
    await store.approvals.decide("t", { approvalId: first?.id ?? "" }, { kind: "approve" });
    const waiting = await store.runs.claim("t", asks("r", "E2"));
    expect(waiting).toMatchObject({ status: "waiting", pending: [second] });
    await store.approvals.decide("t", { approvalId: second?.id ?? "" }, { kind: "deny" });
    const claimed = await store.runs.claim("t", asks("r", "E3"));
    expect(claimed).toMatchObject({
      status: "leased",
      state: { step: 1 },
      decisions: [{ status: "approved" }, { status: "denied" }],
    });
    expect(await store.runs.claim("t", asks("r", "E2"))).toEqual(waiting);
    expect(await store.runs.claim("t", asks("r", "E3"))).toEqual(claimed);
    expect(await store.runs.claim("t", asks("r", "E4"))).toMatchObject({ status: "busy" });
  });

  test("any decision is enough under any; what is still pending is carried over and met by the next suspension", async () => {
    const store = desk();
    await suspended(store, await begun(store), "any");
    const [first, second] = await store.approvals.pending("t");
    await store.approvals.decide("t", { approvalId: first?.id ?? "" }, { kind: "approve" });
    const lease = leaseOf(await store.runs.claim("t", asks("r", "E2")));
    const suspend = {
      settle: {
        status: "suspended",
        turn: 1,
        approvals: [{ ...REFUND, callId: "c2" }],
        resumeWhen: "any",
      },
    } as const;
    const decided = await store.approvals.decide(
      "t",
      { approvalId: second?.id ?? "" },
      { kind: "deny" },
    );
    expect(await store.commit("t", suspend, { operationId: "s2", lease })).toEqual({
      status: "goOn",
      decisions: [decided.approval],
    });
    expect(await store.runs.look(lease)).toEqual({ held: true });
  });

  test("a continuation is ready at once, also under any, and names its own wake", async () => {
    const store = desk();
    const lease = await begun(store);
    const changes = {
      checkpoint: { state: 1 },
      settle: { status: "suspended", turn: 0, approvals: [], resumeWhen: "any" },
    } as const;
    const made = madeBy(await store.commit("t", changes, { operationId: "s", lease }));
    expect(made.next).toEqual({ runId: "r", fence: made.run?.revision });
    expect(await store.runs.begin("t", asks("n", "N", { whenBusy: "reject" }))).toEqual({
      status: "rejected",
    });
    expect(await store.runs.claim("t", asks("r", "E2"))).toMatchObject({
      status: "leased",
      state: 1,
    });
  });

  test("answers its own checkpoint, whatever was put beside it", async () => {
    const store = desk();
    const lease = await begun(store);
    await suspended(store, lease, "any");
    await store.checkpoints.put("t", { step: "someone else's" });
    const [first] = await store.approvals.pending("t");
    await store.approvals.decide("t", { approvalId: first?.id ?? "" }, { kind: "approve" });
    const claimed = await store.runs.claim("t", asks("r", "E2"));
    expect(claimed).toMatchObject({ status: "leased", state: { step: 1 } });
  });

  test("a run whose checkpoint is gone is incompatible, is left as it is, and can be cancelled", async () => {
    const store = desk();
    const lease = await begun(store);
    await suspended(store, lease);
    for (const { id } of await store.approvals.pending("t"))
      await store.approvals.decide("t", { approvalId: id }, { kind: "approve" });
    await store.checkpoints.delete("t");
    await expect(store.runs.claim("t", asks("r", "E2"))).rejects.toMatchObject({
      code: "INCOMPATIBLE",
    });
    expect(await store.runs.get("r")).toMatchObject({ status: "suspended" });
    expect(await store.runs.cancel("r")).toMatchObject({ run: { status: "cancelled" } });
  });

  test("is only marked when the code cannot go on with it, and loses the mark when code can", async () => {
    const store = desk();
    const lease = await begun(store);
    await suspended(store, lease, "any");
    expect(await store.runs.incompatible("r", { message: "The tool is gone." })).toMatchObject({
      run: { status: "suspended", incompatible: "The tool is gone." },
    });
    const [first] = await store.approvals.pending("t");
    await store.approvals.decide("t", { approvalId: first?.id ?? "" }, { kind: "approve" });
    const claimed = await store.runs.claim("t", asks("r", "E2"));
    expect(claimed).not.toHaveProperty("run.incompatible");
  });
});

describe("failed", () => {
  test("goes on for a new execution of an event that held it, from what is stored", async () => {
    const store = desk();
    const lease = await begun(store);
    await store.commit("t", answers(1, "a", [call("c1")]), { operationId: "m1", lease });
    await failed(store, lease);
    const event = "event-E1";
    for (const [execution, from] of [
      ["E1", event],
      ["E2", "another event"],
    ] as const)
      expect(
        await store.runs.begin(
          "t",
          asks("r", execution, { event: from, operationId: `${execution}:2` }),
        ),
      ).toMatchObject({ status: "ended", reason: "failed" });
    const rerun = await store.runs.begin("t", asks("r", "E3", { event, message: says("r") }));
    expect(rerun).toMatchObject({ status: "leased" });
    expect(rerun).not.toHaveProperty("run.outcome");
    expect(await store.runs.look(leaseOf(rerun), { turn: 1 })).toMatchObject({
      answer: { message: { content: "a" } },
    });
    expect(await told(store, "t")).toEqual([says("r").value]);
  });

  test("goes on for a retry that names this failure, not an earlier one", async () => {
    const store = desk();
    const first = await failed(store, await begun(store));
    const again = leaseOf(await store.runs.claim("t", asks("r", "E2", { retry: first })));
    const second = await failed(store, again);
    expect(await store.runs.claim("t", asks("r", "E3", { retry: first }))).toMatchObject({
      status: "ended",
      reason: "failed",
    });
    expect(await store.runs.claim("t", asks("r", "E4", { retry: second }))).toMatchObject({
      status: "leased",
    });
  });

  test("waits or is rejected on a taken thread, keeps its decisions, and only under its own guard", async () => {
    const store = desk();
    const lease = await begun(store);
    await suspended(store, lease, "any");
    const [one] = await store.approvals.pending("t");
    await store.approvals.decide("t", { approvalId: one?.id ?? "" }, { kind: "approve" });
    const held = leaseOf(await store.runs.claim("t", asks("r", "E2")));
    const retry = await failed(store, held);
    const other = await begun(store, "r2", "O");
    expect(await store.runs.claim("t", asks("r", "E3"))).toMatchObject({ reason: "failed" });
    for (const whenBusy of ["reject", "cancel"] as const)
      expect(await store.runs.claim("t", asks("r", `E-${whenBusy}`, { retry, whenBusy }))).toEqual({
        status: "rejected",
      });
    expect(await store.runs.claim("t", asks("r", "E4", { retry }))).toMatchObject({
      status: "queued",
    });
    const { next } = await store.runs.settle(
      other,
      { status: "completed", output: 1 },
      { operationId: "done" },
    );
    expect(next).toMatchObject({ runId: "r" });
    expect(await store.runs.claim("t", asks("r", "E5"))).toMatchObject({
      status: "leased",
      state: { step: 1 },
      decisions: [{ id: one?.id, status: "approved" }],
    });
  });

  test("is cancelled without touching the history or the run that has the thread now", async () => {
    const store = desk();
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    await failed(store, lease);
    const other = await begun(store, "r2", "O");
    expect(await store.runs.cancel("r")).toMatchObject({ run: { status: "cancelled" } });
    expect(await told(store, "t")).toEqual([says("r").value, says("r2").value]);
    expect(await store.runs.look(other)).toEqual({ held: true });
  });
});
