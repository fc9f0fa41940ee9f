import { describe, expect, test } from "vitest";
import { answers, asks, begun, call, desk, says, told } from "./desk.ts";

describe("final", () => {
  test("every later begin, claim, cancel and notice gets the first outcome", async () => {
    const store = desk();
    const lease = await begun(store);
    const { run } = await store.runs.settle(
      lease,
      { status: "completed", output: 42 },
      { operationId: "done" },
    );
    expect(run).toMatchObject({ status: "completed", outcome: { output: 42 } });
    for (const verb of ["begin", "claim"] as const)
      expect(await store.runs[verb]("t", asks("r", `E-${verb}`, { message: says("r") }))).toEqual({
        status: "ended",
        reason: "final",
        run,
      });
    expect(await store.runs.cancel("r")).toEqual({ run, replayed: true });
    const outcome = { status: "cancelled" } as const;
    const notice = { runId: "r", execution: "E1", outcome };
    expect(await store.runs.notice("t", notice)).toBeUndefined();
    expect(await told(store, "t")).toEqual([says("r").value]);
  });
});

describe("cancel and notice", () => {
  test("cancel closes the open turn of the run that has the thread, and hands over", async () => {
    const store = desk();
    const lease = await begun(store);
    await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
    await store.runs.begin("t", asks("r2", "E2", { message: says("r2") }));
    const cancelled = await store.runs.cancel("r", { reason: "enough" });
    expect(cancelled).toMatchObject({
      replayed: false,
      run: { status: "cancelled", outcome: { reason: "enough" } },
      next: { runId: "r2" },
    });
    expect(await store.runs.cancel("r")).toEqual({ ...cancelled, replayed: true });
    expect(await told(store, "t")).toEqual([
      says("r").value,
      { role: "assistant", content: "", toolCalls: [call("c1")] },
      {
        role: "tool",
        toolCallId: "c1",
        toolName: "refund",
        content: "The run was cancelled before this call was finished.",
        isError: true,
      },
    ]);
  });

  test("cancel takes a run out of the queue and appends nothing", async () => {
    const store = desk();
    const lease = await begun(store);
    await store.runs.begin("t", asks("r2", "E2", { message: says("r2") }));
    await store.runs.begin("t", asks("r3", "E3", { message: says("r3") }));
    await store.runs.cancel("r2");
    const settled = await store.runs.settle(
      lease,
      { status: "completed", output: 1 },
      { operationId: "done" },
    );
    expect(settled.next).toMatchObject({ runId: "r3" });
    expect(await told(store, "t")).toEqual([says("r").value]);
  });

  test("a notice counts only while that execution holds the lease, and is answered again", async () => {
    const store = desk();
    await begun(store);
    await store.runs.begin("t", asks("r2", "E2"));
    const outcome = { status: "failed", error: { name: "Error", message: "exhausted" } } as const;
    const late = { runId: "r", execution: "E0", outcome };
    expect(await store.runs.notice("t", late)).toBeUndefined();
    const counted = await store.runs.notice("t", { ...late, execution: "E1" });
    expect(counted).toMatchObject({ run: { status: "failed", outcome }, next: { runId: "r2" } });
    expect(await store.runs.notice("t", { ...late, execution: "E1" })).toEqual({
      ...counted,
      replayed: true,
    });
    await store.runs.claim("t", asks("r2", "W"));
    expect(await store.runs.notice("t", { ...late, runId: "r2", execution: "E1" })).toBeUndefined();
    expect(await store.runs.get("r2")).toMatchObject({ status: "running" });
  });

  test("a notice that has counted names who is next, also when its run waits to be tried again by then", async () => {
    const store = desk();
    await begun(store);
    await store.runs.begin("t", asks("r2", "E2"));
    const outcome = { status: "failed", error: { name: "Error", message: "exhausted" } } as const;
    const notice = { runId: "r", execution: "E1", outcome };
    const counted = await store.runs.notice("t", notice);
    const retry = counted?.run.revision ?? 0;
    expect(await store.runs.claim("t", asks("r", "E3", { retry }))).toMatchObject({
      status: "queued",
    });
    expect(await store.runs.notice("t", notice)).toMatchObject({
      replayed: true,
      run: { status: "queued" },
      next: counted?.next,
    });
  });

  test("a queued run of an agent that is gone fails and leaves its place", async () => {
    const store = desk();
    await store.runs.start("t", { runId: "r" });
    await store.runs.start("t", { runId: "r2" });
    await store.runs.start("t", { runId: "r3" });
    expect(await store.runs.incompatible("r2", { message: "gone" })).toMatchObject({
      run: { status: "failed" },
    });
    expect(await store.runs.incompatible("r", { message: "gone" })).toMatchObject({
      run: { status: "failed" },
      next: { runId: "r3" },
    });
  });

  test("an unknown run is not found", async () => {
    const store = desk();
    await expect(store.runs.cancel("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await store.runs.get("x")).toBeUndefined();
  });
});
