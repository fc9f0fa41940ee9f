import { expect, test } from "vitest";
import { isStorageError, type Lease, memoryBackend, type Store } from "../../src/index.ts";
import { answers, asks, call, desk, gives, leaseOf, says, told } from "./desk.ts";
import { forgetful } from "./faults.ts";

const REFUND = { callId: "c1", tool: "refund", input: { order: 7 } };

/** Every write that a run makes, in order: each is a step, tried again under its name when its answer is lost. */
const SCRIPT: readonly ((store: Store, lease: Lease) => Promise<unknown>)[] = [
  async (store) => store.runs.start("t", { runId: "r", message: says("r") }),
  async (store) => store.runs.start("t", { runId: "r2", message: says("r2") }),
  async (store) => store.runs.begin("t", asks("r", "E1")),
  async (store, lease) =>
    store.commit("t", answers(1, "", [call("c0"), call("c1")]), { operationId: "m1", lease }),
  async (store, lease) =>
    store.commit("t", gives(1, "c0", "looked up"), { operationId: "c0", lease }),
  async (store, lease) => store.approvals.request(lease, 1, [REFUND], { operationId: "ask" }),
  async (store, lease) =>
    store.commit(
      "t",
      {
        checkpoint: { state: { step: 1 } },
        settle: { status: "suspended", turn: 1, approvals: [REFUND] },
      },
      { operationId: "s", lease },
    ),
  async (store) =>
    store.approvals.decide(
      "t",
      { runId: "r", callId: "c1" },
      { kind: "approve" },
      { operationId: "d" },
    ),
  async (store) => store.runs.claim("t", asks("r", "E2")),
  async (store, lease) =>
    store.commit("t", gives(1, "c1", "refunded"), { operationId: "c1", lease }),
  async (store, lease) =>
    store.commit(
      "t",
      {
        ...answers(2, "Done."),
        history: [{ value: "note" }],
        settle: { status: "completed", output: 1 },
      },
      { operationId: "m2", lease },
    ),
  async (store) => store.runs.claim("t", asks("r2", "E3")),
  async (store) => store.runs.cancel("r2"),
];

/** An answer without what may differ between a first one and its replay, or between two plays (the random part of a checkpoint's id). */
function same(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (key, value: unknown) => {
      if (key === "replayed") return undefined;
      return key === "checkpointId" ? String(value).split("-")[0] : value;
    }),
  );
}

async function play(nth: number): Promise<{
  readonly answers: readonly unknown[];
  readonly told: readonly unknown[];
  readonly writes: number;
}> {
  const backend = memoryBackend();
  const faulty = forgetful(backend, nth);
  const store = desk(faulty);
  const got: unknown[] = [];
  let lease: Lease = { threadId: "t", runId: "r", execution: "E1", fence: 1, life: 1 };
  for (const step of SCRIPT) {
    const answer = await step(store, lease).catch(async (error: unknown) => {
      expect(isStorageError(error) && error.code).toBe("UNAVAILABLE");
      return step(desk(backend), lease);
    });
    const { status } = answer as { status?: string };
    if (status === "leased") lease = leaseOf(answer as Parameters<typeof leaseOf>[0]);
    got.push(same(answer));
  }
  return { answers: got, told: await told(store, "t"), writes: faulty.writes() };
}

test("whichever acknowledgement is lost, every step gets the answer that it would have got, and nothing is doubled", async () => {
  const whole = await play(-1);
  expect(whole.told).toEqual([
    says("r").value,
    { role: "assistant", content: "", toolCalls: [call("c0"), call("c1")] },
    { role: "tool", toolCallId: "c0", toolName: "refund", content: "looked up" },
    { role: "tool", toolCallId: "c1", toolName: "refund", content: "refunded" },
    { role: "assistant", content: "Done." },
    "note",
    says("r2").value,
  ]);
  expect(whole.writes).toBeGreaterThan(SCRIPT.length);
  for (let nth = 0; nth < whole.writes; nth += 1) {
    const { answers: got, told: history } = await play(nth);
    expect(got, `write ${nth}`).toEqual(whole.answers);
    expect(history, `write ${nth}`).toEqual(whole.told);
  }
});
