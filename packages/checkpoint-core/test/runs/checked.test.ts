import { describe, expect, test } from "vitest";
import { type Approval, type DecideOptions, memoryBackend, type Store } from "../../src/index.ts";
import { wrapBackend } from "../wrap.ts";
import { asks, desk, leaseOf, REFUND, told } from "./desk.ts";

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

function work(): never {
  throw new Error("It must not be done.");
}

test("what is no options, no lease or no turn is refused by name, and nothing is written", async () => {
  const store = desk();
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  const none = null as never;
  const nobodys = { ...lease, execution: none };
  const named = { operationId: "o" };
  const done = { status: "completed", output: 1 } as const;
  const calls: readonly (() => Promise<unknown>)[] = [
    () => store.effects.get("t", "k", none),
    () => store.effects.once("t", "k", work, none),
    () => store.effects.once("t", "k", work, { lease: none }),
    () => store.effects.once("t", "k", work, { lease: 0 as never }),
    () => store.effects.once("t", "k", work, { lease: nobodys }),
    () => store.effects.resolve("t", "k", none),
    () => store.streams.append("s", [1], none),
    () => store.streams.append("s", [1], { ttlMs: Number.MAX_SAFE_INTEGER }),
    () => store.streams.end("s", none),
    async () => store.streams.follow("s", 0, {} as never).next(),
    () => store.approvals.decide("t", { callId: "c" }, { kind: "deny" }, none),
    () => store.approvals.expire("t", "x", none),
    () => store.approvals.request(none, 1, [], named),
    () => store.approvals.request(lease, 1, [], none),
    () => store.runs.settle(lease, done, none),
    () => store.runs.settle(none, done, named),
    () => store.runs.cancel("r", none),
    () => store.runs.incompatible("r", none),
    () => store.runs.pulse(lease, none),
    () => store.runs.pulse(none, { ms: 1 }),
    () => store.runs.look(none),
    () => store.runs.look(lease, none),
    () => store.runs.turn(none, 1),
    () => store.runs.turn(lease, undefined as never),
    () => store.commit("t", {}, none),
    () => store.commit("t", { history: [{ value: 1 }] }, { ...named, lease: none }),
    () => store.commit("t", { ms: 1 }, { ...named, lease: nobodys }),
  ];
  const before = await store.runs.get("r");
  for (const [at, call] of calls.entries())
    await expect(call(), `call ${at}`).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await store.runs.get("r")).toEqual(before);
  expect(await told(store, "t")).toEqual([]);
  expect(await store.streams.get("s")).toBeUndefined();
});

test("a stream's end has no name of its own: one that an append has is refused", async () => {
  const { streams } = desk();
  const named = { operationId: "o" };
  await streams.append("s", [1], named);
  await expect(streams.end("s", named as object)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(await streams.end("s")).toMatchObject({ ended: true, next: 1 });
});
