import { describe, expect, test } from "vitest";
import { answers, asks, begun, call, desk, gives, leaseOf, says, told } from "./desk.ts";

describe("none", () => {
  test("begin takes a free thread, makes it, and tells the message once", async () => {
    const store = desk();
    const answer = await store.runs.begin("t", asks("r", "E1", { input: 5, message: says("r") }));
    expect(answer).toEqual({
      status: "leased",
      lease: { threadId: "t", runId: "r", execution: "E1", fence: 2, life: 1 },
      run: {
        id: "r",
        threadId: "t",
        life: 1,
        status: "running",
        input: 5,
        execution: "E1",
        approvals: [],
        resumeWhen: "all",
        revision: 2,
      },
      decisions: [],
    });
    expect(await store.runs.begin("t", asks("r", "E1"))).toEqual(answer);
    expect(await told(store, "t")).toEqual([says("r").value]);
  });

  test("begin queues behind the run that has the thread, and is woken in order by three settles", async () => {
    const store = desk();
    let lease = await begun(store, "r1");
    for (const runId of ["r2", "r3"])
      expect(
        await store.runs.begin("t", asks(runId, `E-${runId}`, { message: says(runId) })),
      ).toMatchObject({ status: "queued", run: { id: runId, status: "queued" } });
    for (const runId of ["r2", "r3"]) {
      const { next } = await store.runs.settle(
        lease,
        { status: "completed", output: 1 },
        { operationId: `${lease.runId}:done` },
      );
      expect(next).toEqual({ runId, fence: expect.any(Number) });
      const newcomer = await store.runs.begin(
        "t",
        asks("late", `L-${runId}`, { whenBusy: "reject" }),
      );
      expect(newcomer).toEqual({ status: "rejected" });
      lease = leaseOf(await store.runs.claim("t", asks(runId, `W-${runId}`)));
    }
    expect(await told(store, "t")).toEqual(["r1", "r2", "r3"].map((id) => says(id).value));
  });

  test("a rejected begin records no run, and a rerun tries anew", async () => {
    const store = desk();
    const lease = await begun(store);
    const asked = asks("r2", "E2", { whenBusy: "reject" });
    expect(await store.runs.begin("t", asked)).toEqual({ status: "rejected" });
    expect(await store.runs.get("r2")).toBeUndefined();
    await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "done" });
    expect(await store.runs.begin("t", asked)).toEqual({ status: "rejected" });
    expect(await store.runs.begin("t", asks("r2", "E3"))).toMatchObject({ status: "leased" });
  });

  test("begin with cancel supersedes: the open turn is closed with what is stored, the old run is final and fenced out", async () => {
    const store = desk();
    const old = await begun(store, "r1");
    await store.commit("t", answers(1, "", [call("c1"), call("c2")]), {
      operationId: "m1",
      lease: old,
    });
    await store.commit("t", gives(1, "c1", "done"), { operationId: "c1", lease: old });
    const answer = await store.runs.begin(
      "t",
      asks("r2", "E2", { whenBusy: "cancel", message: says("r2") }),
    );
    expect(answer).toMatchObject({ status: "leased" });
    expect(await store.runs.get("r1")).toMatchObject({
      status: "superseded",
      outcome: { status: "superseded", by: "r2" },
    });
    const text = "Another run took over before this call was finished.";
    expect(await told(store, "t")).toEqual([
      says("r1").value,
      { role: "assistant", content: "", toolCalls: [call("c1"), call("c2")] },
      { role: "tool", toolCallId: "c1", toolName: "refund", content: "done" },
      { role: "tool", toolCallId: "c2", toolName: "refund", content: text, isError: true },
      says("r2").value,
    ]);
    await expect(
      store.commit("t", gives(1, "c2", "late"), { operationId: "c2", lease: old }),
    ).rejects.toMatchObject({ code: "LEASE_LOST" });
    const { held, results } = await store.runs.turn(old, 1);
    expect(held).toBe(false);
    expect(results.get("c2")).toEqual({
      callId: "c2",
      toolName: "refund",
      content: text,
      isError: true,
    });
  });

  test("begin with cancel supersedes a reserved run that was not told, and tells its message", async () => {
    const store = desk();
    await store.runs.start("t", { runId: "r1", message: says("r1") });
    await store.runs.begin("t", asks("r2", "E2", { whenBusy: "cancel", message: says("r2") }));
    expect(await told(store, "t")).toEqual([says("r1").value, says("r2").value]);
  });

  test("claim finds nothing, on a thread that is there or not", async () => {
    const store = desk();
    expect(await store.runs.claim("t", asks("r", "E0"))).toEqual({
      status: "ended",
      reason: "gone",
    });
    await store.threads.create("t");
    expect(await store.runs.claim("t", asks("r", "E1"))).toEqual({
      status: "ended",
      reason: "gone",
    });
    await begun(store, "r", "E2");
    expect(await store.runs.claim("t", asks("r", "E1"))).toEqual({
      status: "ended",
      reason: "gone",
    });
  });

  test("a run id of another thread is refused, and nothing is written there", async () => {
    const store = desk();
    await begun(store);
    await expect(store.runs.begin("t2", asks("r", "E9"))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(store.runs.start("t2", { runId: "r" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await store.runs.holding("t2")).toBeUndefined();
  });
});

describe("start", () => {
  test("reserves a free thread for a run, once, and tells the message only when it begins", async () => {
    const store = desk();
    const first = await store.runs.start("t", { runId: "r", input: 1, message: says("r") });
    expect(first).toMatchObject({ status: "recorded", replayed: false, run: { status: "queued" } });
    expect(await store.runs.start("t", { runId: "r", input: 2 })).toEqual({
      ...first,
      replayed: true,
    });
    expect(await store.runs.holding("t")).toMatchObject({ id: "r", input: 1 });
    expect(await told(store, "t")).toEqual([]);
    await store.runs.begin("t", asks("r", "E1"));
    expect(await told(store, "t")).toEqual([says("r").value]);
  });

  test("queues, rejects or supersedes on a taken thread", async () => {
    const store = desk();
    await begun(store, "r1");
    expect(await store.runs.start("t", { runId: "r2" })).toMatchObject({ status: "queued" });
    expect(await store.runs.start("t", { runId: "r3", whenBusy: "reject" })).toEqual({
      status: "rejected",
    });
    expect(await store.runs.start("t", { runId: "r4", whenBusy: "cancel" })).toMatchObject({
      status: "recorded",
    });
    expect(await store.runs.get("r1")).toMatchObject({ status: "superseded" });
    expect(await store.runs.holding("t")).toMatchObject({ id: "r4", status: "queued" });
    expect(await store.runs.cancel("r4")).toMatchObject({ next: { runId: "r2" } });
  });
});

describe("queued", () => {
  test("a wake that comes early, twice or late is told to wait, and changes nothing", async () => {
    const store = desk();
    await begun(store, "r1");
    await store.runs.begin("t", asks("r2", "E2", { message: says("r2") }));
    for (const execution of ["W1", "W2"])
      expect(await store.runs.claim("t", asks("r2", execution))).toMatchObject({
        status: "queued",
        run: { id: "r2" },
      });
    expect(await store.runs.holding("t")).toMatchObject({ id: "r1" });
  });
});
