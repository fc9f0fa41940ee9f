import { describe, expect, test } from "vitest";
import {
  type Backend,
  type BackendLimits,
  type Commit,
  memoryBackend,
  type Store,
  type WriteBatch,
} from "../../src/index.ts";
import { asks, begun, desk, suspended } from "./desk.ts";

/*
 * What is refused is refused before anything is written, and with a code that says so: also where a caller in JavaScript, or a payload, does not keep to the types.
 */

/** A backend that counts what is written to it, with narrower limits where a test needs them. */
function counted(
  limits: Partial<BackendLimits> = {},
): Backend & { readonly batches: WriteBatch[] } {
  const inner = memoryBackend({ limits });
  const batches: WriteBatch[] = [];
  return {
    ...inner,
    batches,
    async write(partition, batch) {
      const written = await inner.write(partition, batch);
      // A write of checks alone writes nothing.
      if (batch.writes.some(({ op }) => op !== "check")) batches.push(batch);
      return written;
    },
  };
}

const BIG = "x".repeat(1_100_000);
const SMALL = { maxValueBytes: 1000 };
const nothing = (): number => 1;
/** What a caller without types passes. */
const bogus = (value: unknown): never => value as never;

const FRESH: readonly (readonly [
  string,
  string,
  Partial<BackendLimits>,
  (store: Store) => Promise<unknown>,
])[] = [
  [
    "begin, an input that is a function",
    "UNSUPPORTED_VALUE",
    {},
    async ({ runs }) => runs.begin("t", asks("r", "E", { input: nothing })),
  ],
  [
    "begin, a message that is a function",
    "UNSUPPORTED_VALUE",
    {},
    async ({ runs }) => runs.begin("t", asks("r", "E", { message: { id: "m", value: nothing } })),
  ],
  [
    "begin, an input over the size",
    "TOO_LARGE",
    SMALL,
    async ({ runs }) => runs.begin("t", asks("r", "E", { input: BIG })),
  ],
  [
    "begin, a message over the size",
    "TOO_LARGE",
    SMALL,
    async ({ runs }) => runs.begin("t", asks("r", "E", { message: { id: "m", value: BIG } })),
  ],
  [
    "begin, an unknown whenBusy",
    "INVALID_ARGUMENT",
    {},
    async ({ runs }) => runs.begin("t", asks("r", "E", { whenBusy: bogus("bogus") })),
  ],
  [
    "start, an input that is a function",
    "UNSUPPORTED_VALUE",
    {},
    async ({ runs }) => runs.start("t", { runId: "r", input: nothing }),
  ],
  [
    "start, an input over the size",
    "TOO_LARGE",
    SMALL,
    async ({ runs }) => runs.start("t", { runId: "r", input: BIG }),
  ],
  [
    "start, a message over the size",
    "TOO_LARGE",
    SMALL,
    async ({ runs }) => runs.start("t", { runId: "r", message: { id: "m", value: BIG } }),
  ],
  [
    "start, an unknown whenBusy",
    "INVALID_ARGUMENT",
    {},
    async ({ runs }) => runs.start("t", { runId: "r", whenBusy: bogus("toString") }),
  ],
  [
    "commit, a history entry over the size",
    "TOO_LARGE",
    SMALL,
    async (store) =>
      store.commit("t", { history: [{ id: "e", value: BIG }] }, { operationId: "o" }),
  ],
  [
    "commit, a state over the size",
    "TOO_LARGE",
    SMALL,
    async (store) =>
      store.commit(
        "t",
        { history: [{ id: "e", value: 1 }], checkpoint: { state: BIG } },
        { operationId: "o" },
      ),
  ],
  [
    "commit, a state that is a function",
    "UNSUPPORTED_VALUE",
    {},
    async (store) => store.commit("t", { checkpoint: { state: nothing } }, { operationId: "o" }),
  ],
  [
    "commit, more entries than a write takes",
    "TOO_LARGE",
    {},
    async (store) =>
      store.commit(
        "t",
        { history: Array.from({ length: 600 }, (_, index) => ({ id: `e${index}`, value: 1 })) },
        { operationId: "o" },
      ),
  ],
  [
    "commit, an unknown parent",
    "NOT_FOUND",
    {},
    async (store) =>
      store.commit(
        "t",
        {
          history: [{ id: "e", value: 1 }],
          checkpoint: { parentId: "1-abc", changes: [{ path: ["a"], set: 1 }] },
        },
        { operationId: "o" },
      ),
  ],
];

test.each(FRESH)("leaves nothing behind: %s", async (_, code, limits, refused) => {
  const backend = counted(limits);
  await expect(refused(desk(backend))).rejects.toMatchObject({ code });
  expect(backend.batches).toEqual([]);
});

test("a refused begin or start takes no run id and makes no thread", async () => {
  const backend = counted({ maxValueBytes: 1000 });
  const store = desk(backend);
  await begun(store, "r1");
  const before = backend.batches.length;
  for (const whenBusy of ["queue", "cancel"] as const) {
    await expect(
      store.runs.begin("t", asks("r2", "E2", { input: BIG, whenBusy })),
    ).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(
      store.runs.start("t", { runId: "r2", input: BIG, whenBusy }),
    ).rejects.toMatchObject({ code: "TOO_LARGE" });
  }
  await expect(store.runs.begin("t2", asks("r1", "E3"))).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  await expect(store.runs.start("t2", { runId: "r1" })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
  expect(backend.batches).toHaveLength(before);
  expect(await store.threads.get("t2")).toBeUndefined();
});

describe("on a run that is held", () => {
  const call1 = { id: "c1", name: "refund", input: 1 };
  const asking = (toolCalls: unknown): Commit =>
    bogus({
      answer: { turn: 1, value: { message: { role: "assistant", content: "", toolCalls } } },
    });
  test.each([
    ["a call without an id", asking([{ name: "refund", input: 1 }])],
    ["a call whose id is a number", asking([{ ...call1, id: 5 }])],
    ["a call with an empty id", asking([{ ...call1, id: "" }])],
    ["a call without a name", asking([{ id: "c1", input: 1 }])],
    ["a call that is nothing", asking([undefined])],
    ["calls that are no list", asking({ length: 1 })],
    ["an answer without a message", bogus({ answer: { turn: 1, value: {} } })],
    ["an answer that is nothing", bogus({ answer: { turn: 1 } })],
    ["a result without a tool's name", bogus({ result: { turn: 1, value: { callId: "c1" } } })],
    ["a result that is nothing", bogus({ result: { turn: 1 } })],
    ["an unknown status", bogus({ settle: { status: "bogus" } })],
    ["a status that only others write", bogus({ settle: { status: "cancelled" } })],
    ["a failure without an error", bogus({ settle: { status: "failed" } })],
    [
      "an unknown resumeWhen",
      bogus({ settle: { status: "suspended", turn: 1, approvals: [], resumeWhen: "bogus" } }),
    ],
    [
      "approvals that are no list",
      bogus({ settle: { status: "suspended", turn: 1, approvals: 5 } }),
    ],
    ["a stated text that is none", bogus({ unfinished: { c1: 5 } })],
    ["no changes at all", bogus(undefined)],
  ] as const)("refuses %s, and writes nothing", async (_, changes) => {
    const backend = counted();
    const store = desk(backend);
    const lease = await begun(store);
    const before = backend.batches.length;
    await expect(store.commit("t", changes, { operationId: "o", lease })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(backend.batches).toHaveLength(before);
    expect(await store.runs.get("r")).toMatchObject({ status: "running" });
  });

  test("a settle takes a completion or a failure, a notice a failure or a cancellation", async () => {
    const backend = counted();
    const store = desk(backend);
    const lease = await begun(store);
    const before = backend.batches.length;
    for (const status of ["cancelled", "superseded", "suspended", "bogus"])
      await expect(
        store.runs.settle(lease, bogus({ status, output: 1 }), { operationId: "o" }),
      ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    for (const status of ["completed", "superseded", "bogus"])
      await expect(
        store.runs.notice("t", { runId: "r", execution: "E1", outcome: bogus({ status }) }),
      ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(backend.batches).toHaveLength(before);
  });

  test.each([
    ["a kind of Object's", { kind: "__proto__" }],
    ["a kind of Object's", { kind: "constructor" }],
    ["nothing", null],
    ["a word", "approve"],
    ["a reason that is no text", { kind: "deny", reason: 5 }],
  ])("a decision that is %s is refused: %j", async (_, decision) => {
    const store = desk();
    await suspended(store, await begun(store));
    const [one] = await store.approvals.pending("t");
    await expect(
      store.approvals.decide("t", { approvalId: one?.id ?? "" }, bogus(decision)),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await store.approvals.get("t", one?.id ?? "")).toEqual(one);
  });

  test("a decision on no reference, or by a person who is no text, is refused", async () => {
    const { approvals } = desk();
    const approve = { kind: "approve" } as const;
    const code = "INVALID_ARGUMENT";
    await expect(approvals.decide("t", bogus(null), approve)).rejects.toMatchObject({ code });
    await expect(approvals.decide("t", { callId: bogus(5) }, approve)).rejects.toMatchObject({
      code,
    });
    await expect(
      approvals.decide("t", { callId: "c" }, approve, { by: bogus(5) }),
    ).rejects.toMatchObject({ code });
  });

  test("an id that is not written as ours are names no approval", async () => {
    const store = desk();
    await suspended(store, await begun(store));
    const [one] = await store.approvals.pending("t");
    const id = one?.id ?? "";
    for (const other of [`0${id}`, id.replace("/1:", "/01:"), id.replace("c1", "~0063~0031")]) {
      await expect(
        store.approvals.decide("t", { approvalId: other }, { kind: "approve" }),
      ).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await store.approvals.get("t", other)).toBeUndefined();
    }
  });
});
