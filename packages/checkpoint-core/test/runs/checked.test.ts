import { describe, expect, test } from "vitest";
import { type Approval, type DecideOptions, memoryBackend, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { asks, desk, leaseOf, REFUND } from "./desk.ts";

const MODIFIED = { kind: "approve", input: { order: 8 } } as const;

/** A run that waits for a person. */
async function waiting(): Promise<{ readonly store: Store; readonly approval: Approval }> {
  const store = desk();
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  const settle = { status: "suspended", turn: 1, approvals: [REFUND] } as const;
  await store.commit("t", { settle }, { operationId: "s", lease });
  const [approval] = await store.approvals.pending("t");
  if (!approval) throw new Error("Nothing is pending.");
  return { store, approval };
}

describe("a checker of modified inputs", () => {
  test.each([
    ["a yes without the input", { ok: true }],
    ["a yes that is no boolean", { ok: "no", input: { order: 8 } }],
    ["a no without words", { ok: false }],
    ["another library's answer", { success: true, data: { order: 8 } }],
    ["nothing", undefined],
    ["null", null],
    ["true", true],
  ])("that answers %s approves nothing", async (_, answer) => {
    const { store, approval } = await waiting();
    const options = { check: () => answer } as unknown as DecideOptions;
    await expect(
      store.approvals.decide("t", { approvalId: approval.id }, MODIFIED, options),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await store.approvals.get("t", approval.id)).toEqual(approval);
  });

  test("that throws, now or later, approves nothing, and what it threw is told as it is", async () => {
    const { store, approval } = await waiting();
    const failure = new Error("The catalogue is down.");
    const checks = [
      () => {
        throw failure;
      },
      () => Promise.reject(failure),
    ];
    for (const check of checks)
      await expect(
        store.approvals.decide("t", { approvalId: approval.id }, MODIFIED, { check }),
      ).rejects.toBe(failure);
    expect(await store.approvals.get("t", approval.id)).toEqual(approval);
  });

  test("that writes to what it is given changes neither what was shown nor what it answered", async () => {
    const { store, approval } = await waiting();
    const given = { order: 8 };
    const answered = { order: 9 };
    await store.approvals.decide(
      "t",
      { approvalId: approval.id },
      { kind: "approve", input: given },
      {
        async check(shown, input) {
          Object.assign(shown.input as object, { order: 666 });
          Object.assign(input as object, { order: 666 });
          return { ok: true, input: answered };
        },
      },
    );
    answered.order = 666;
    expect(given).toEqual({ order: 8 });
    expect(await store.approvals.get("t", approval.id)).toMatchObject({
      input: { order: 7 },
      digest: approval.digest,
      decision: { kind: "approve", input: { order: 9 } },
    });
  });
});

test("the retry of a decision that counted is told so also when the run has ended meanwhile, and wakes nobody", async () => {
  const { store, approval } = await waiting();
  const reference = { approvalId: approval.id };
  const named = { operationId: "click" };
  const first = await store.approvals.decide("t", reference, { kind: "approve" }, named);
  await store.runs.cancel("r");
  expect(await store.approvals.decide("t", reference, { kind: "approve" }, named)).toEqual({
    counted: true,
    approval: first.approval,
  });
  await expect(
    store.approvals.decide("t", reference, { kind: "approve" }, { operationId: "another" }),
  ).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a look for a call without its turn is refused, since nothing would be found", async () => {
  const store = desk();
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  await expect(store.runs.look(lease, { callId: "c1" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("what could never take its thread is refused before it waits for it", async () => {
  const inner = memoryBackend();
  const limits = { ...inner.limits, maxWrites: 100 };
  const store = desk(wrapBackend(inner, { limits }));
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  const ahead = Array.from({ length: 60 }, (_, at) => ({ id: `a${at}`, value: at }));
  const message = { id: "m", value: "hello", ahead };
  await expect(store.runs.begin("t", asks("q", "E2", { message }))).rejects.toMatchObject({
    code: "TOO_LARGE",
  });
  expect(await store.runs.get("q")).toBeUndefined();
  const done = { status: "completed", output: 1 } as const;
  expect(await store.runs.settle(lease, done, { operationId: "end" })).not.toHaveProperty("next");
});
