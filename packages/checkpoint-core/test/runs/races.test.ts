import { expect, test } from "vitest";
import { type Backend, type Lease, memoryBackend, type Store } from "../../src/index.ts";
import { answers, asks, call, desk, gives, leaseOf, madeBy, says, told } from "./desk.ts";
import { naming, overtaken } from "./faults.ts";

/*
 * Each test lets one process write between another's read and its write: the write must notice. Every expectation of the protocol that was needed is needed here.
 */

const REFUND = { callId: "c1", tool: "refund", input: { order: 7 } };
const SUSPEND = {
  settle: { status: "suspended", turn: 1, approvals: [REFUND] },
} as const;

interface Two {
  readonly backend: Backend;
  readonly store: Store;
  readonly lease: Lease;
}

/** A run that holds its thread, with an answer that asks for a call. */
async function running(): Promise<Two> {
  const backend = memoryBackend();
  const store = desk(backend);
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1", { message: says("r") })));
  await store.commit("t", answers(1, "", [call("c1")]), { operationId: "m1", lease });
  return { backend, store, lease };
}

/** Another process, overtaken by `first` before its first write that names such a key. */
function slow({ backend }: Two, key: string, first: () => Promise<unknown>): Store {
  return desk(overtaken(backend, naming(key), first));
}

/** Something to wait for, until someone opens it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const openers: (() => void)[] = [];
  const opened = new Promise<void>((resolve) => {
    openers.push(resolve);
  });
  return { opened, open: () => openers.forEach((open) => open()) };
}

test.each([
  ["one step", "same", "same"],
  ["two steps", "one", "other"],
])(
  "two deliveries of a model step, in %s, get two answers: one counts, both get it, and it is the one in the history",
  async (_, first, second) => {
    const two = await running();
    const { store, lease } = two;
    await store.commit("t", gives(1, "c1", "done"), { operationId: "c1", lease });
    const say = async (at: Store, text: string, operationId: string): Promise<unknown> =>
      madeBy(await at.commit("t", answers(2, text), { operationId, lease })).answer?.message
        .content;
    const late = slow(two, "answer/", async () => {
      expect(await say(store, "first", first)).toBe("first");
    });
    expect(await say(late, "second", second)).toBe("first");
    await store.runs.settle(lease, { status: "completed", output: 1 }, { operationId: "done" });
    expect((await told(store, "t")).at(-1)).toEqual({ role: "assistant", content: "first" });
  },
);

test("two steps that answer the first turn at once get one answer", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  const lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  const late = desk(
    overtaken(backend, naming("answer/"), async () =>
      store.commit("t", answers(1, "first"), { operationId: "a", lease }),
    ),
  );
  const made = madeBy(await late.commit("t", answers(1, "second"), { operationId: "b", lease }));
  expect(made).toMatchObject({ replayed: true, answer: { message: { content: "first" } } });
});

test("two results of one call: the first stands for both", async () => {
  const two = await running();
  const late = slow(two, "result/", async () =>
    two.store.commit("t", gives(1, "c1", "first"), { operationId: "a", lease: two.lease }),
  );
  const made = madeBy(
    await late.commit("t", gives(1, "c1", "second"), { operationId: "b", lease: two.lease }),
  );
  expect(made).toMatchObject({ replayed: true, result: { content: "first" } });
});

test("a settle does not free a thread behind a run that queues meanwhile", async () => {
  const two = await running();
  const late = slow(two, "lease", async () => two.store.runs.begin("t", asks("r2", "E2")));
  const { next } = await late.runs.settle(
    two.lease,
    { status: "completed", output: 1 },
    { operationId: "done" },
  );
  expect(next).toMatchObject({ runId: "r2" });
});

test.each(["begin", "start"] as const)(
  "a %s does not queue behind a run that settles meanwhile",
  async (verb) => {
    const two = await running();
    const late = slow(two, "queue", async () =>
      two.store.runs.settle(two.lease, { status: "completed", output: 1 }, { operationId: "done" }),
    );
    const answer =
      verb === "begin"
        ? await late.runs.begin("t", asks("r2", "E2"))
        : await late.runs.start("t", { runId: "r2" });
    expect(answer.status).toBe(verb === "begin" ? "leased" : "recorded");
    expect(await two.store.runs.holding("t")).toMatchObject({ id: "r2" });
  },
);

test("two runs that queue at once both stand in the queue", async () => {
  const two = await running();
  const late = slow(two, "queue", async () => two.store.runs.begin("t", asks("r2", "E2")));
  await late.runs.begin("t", asks("r3", "E3"));
  const first = await two.store.runs.cancel("r");
  expect(first.next).toMatchObject({ runId: "r2" });
  expect((await two.store.runs.cancel("r2")).next).toMatchObject({ runId: "r3" });
});

test("a retry does not bring back a run that is cancelled meanwhile", async () => {
  const two = await running();
  const error = { name: "Error", message: "no" };
  const { run } = await two.store.runs.settle(
    two.lease,
    { status: "failed", error },
    { operationId: "f" },
  );
  const late = slow(two, "lease", async () => two.store.runs.cancel("r"));
  const answer = await late.runs.claim("t", asks("r", "E2", { retry: run.revision }));
  expect(answer).toMatchObject({ status: "ended", reason: "final", run: { status: "cancelled" } });
});

test("two runs that begin on a free thread at once: one has it, the other waits", async () => {
  const backend = memoryBackend();
  const store = desk(backend);
  await store.threads.create("t");
  const late = desk(
    overtaken(backend, naming("lease"), async () => store.runs.begin("t", asks("r1", "E1"))),
  );
  expect(await late.runs.begin("t", asks("r2", "E2"))).toMatchObject({ status: "queued" });
});

test("a begin that is rejected late gets the lease that its other delivery got", async () => {
  const two = await running();
  const asked = asks("r2", "E2", { whenBusy: "reject" });
  let first: unknown;
  const late = slow(two, "o/begin", async () => {
    await two.store.runs.cancel("r");
    first = await two.store.runs.begin("t", asked);
  });
  expect(await late.runs.begin("t", asked)).toEqual(first);
  expect(first).toMatchObject({ status: "leased" });
});

test("a claim that finds enough decided waits all the same when its other delivery was told to", async () => {
  const two = await running();
  await two.store.commit("t", SUSPEND, { operationId: "s", lease: two.lease });
  const read = gate();
  const write = gate();
  const early = slow(two, "o/begin", async () => {
    read.open();
    await write.opened;
  });
  const waiting = early.runs.claim("t", asks("r", "E2"));
  await read.opened;
  await two.store.approvals.decide("t", { callId: "c1" }, { kind: "approve" });
  const late = slow(two, "lease", async () => {
    write.open();
    await waiting;
  });
  expect(await late.runs.claim("t", asks("r", "E2"))).toEqual(await waiting);
  expect(await waiting).toMatchObject({ status: "waiting" });
});

test("a takeover fails when the holder moves the pulse meanwhile", async () => {
  const two = await running();
  const busy = await two.store.runs.claim("t", asks("r", "E2"));
  const { seen } = busy as { seen: number };
  const late = slow(two, "lease", async () => two.store.runs.pulse(two.lease, { ms: 50 }));
  const answer = await late.runs.claim("t", asks("r", "E2", { seen, operationId: "E2:2" }));
  expect(answer).toMatchObject({ status: "busy", ms: 50 });
});

test("an early decision is met by the suspension that it races", async () => {
  const two = await running();
  const late = slow(two, "approval/", async () =>
    two.store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" }),
  );
  const met = await late.commit("t", SUSPEND, { operationId: "s", lease: two.lease });
  expect(met).toMatchObject({ status: "goOn", decisions: [{ status: "approved" }] });
});

test("a decision on an approval that is carried over is met by the suspension that it races", async () => {
  const two = await running();
  await two.store.approvals.request(two.lease, 1, [REFUND], { operationId: "ask" });
  const late = slow(two, "approval/", async () =>
    two.store.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "deny" }),
  );
  const met = await late.commit("t", SUSPEND, { operationId: "s", lease: two.lease });
  expect(met).toMatchObject({ status: "goOn", decisions: [{ status: "denied" }] });
});

test("two people decide at once: one decision counts, both runs of the door wake the run", async () => {
  for (const early of [true, false]) {
    const two = await running();
    if (!early) await two.store.commit("t", SUSPEND, { operationId: "s", lease: two.lease });
    const reference = { runId: "r", callId: "c1" };
    const late = slow(two, "approval/", async () =>
      two.store.approvals.decide("t", reference, { kind: "approve" }, { by: "ann" }),
    );
    const second = await late.approvals.decide("t", reference, { kind: "deny" }, { by: "bob" });
    expect(second).toMatchObject({
      counted: false,
      approval: { status: "approved", by: "ann" },
      wake: { runId: "r", threadId: "t", life: two.lease.life },
    });
  }
});

test("a decision that races the end of its run is refused with the outcome, and nothing is recorded", async () => {
  for (const early of [true, false]) {
    const two = await running();
    if (!early) await two.store.commit("t", SUSPEND, { operationId: "s", lease: two.lease });
    const late = slow(two, "approval/", async () => two.store.runs.cancel("r"));
    const decided = late.approvals.decide("t", { runId: "r", callId: "c1" }, { kind: "approve" });
    await expect(decided).rejects.toMatchObject(
      early
        ? { code: expect.stringMatching(/CONFLICT|NOT_FOUND/) }
        : { code: "CONFLICT", cause: { runId: "r", outcome: { status: "cancelled" } } },
    );
    const approval = await two.store.approvals.get("t", `${two.lease.life}/r/1:c1`);
    expect(approval?.status).toBe(early ? undefined : "pending");
    expect(await two.store.approvals.pending("t")).toEqual([]);
  }
});

test("a superseding run and a cancel do not lose an answer or a result that is stored meanwhile", async () => {
  for (const verb of ["begin", "start", "cancel"] as const) {
    const two = await running();
    const { store, lease } = two;
    const late = slow(two, "lease", async () => {
      await store.commit("t", gives(1, "c1", "refunded"), { operationId: "c1", lease });
      await store.commit("t", answers(2, "next", [call("c2")]), { operationId: "m2", lease });
    });
    if (verb === "begin") await late.runs.begin("t", asks("n", "N", { whenBusy: "cancel" }));
    else if (verb === "start") await late.runs.start("t", { runId: "n", whenBusy: "cancel" });
    else await late.runs.cancel("r");
    const history = await told(store, "t");
    expect(history.slice(1)).toMatchObject([
      { role: "assistant", content: "" },
      { role: "tool", content: "refunded" },
      { role: "assistant", content: "next" },
      { role: "tool", toolCallId: "c2", isError: true },
    ]);
  }
});

test("a late failure notice of a holder does not fail the run that another has taken over meanwhile", async () => {
  const two = await running();
  const outcome = { status: "failed", error: { name: "Error", message: "late" } } as const;
  const { seen } = (await two.store.runs.claim("t", asks("r", "E2"))) as { seen: number };
  const late = slow(two, "lease", async () =>
    two.store.runs.claim("t", asks("r", "E2", { seen, operationId: "E2:2" })),
  );
  expect(await late.runs.notice("t", { runId: "r", execution: "E1", outcome })).toBeUndefined();
  expect(await two.store.runs.get("r")).toMatchObject({ status: "running", execution: "E2" });
});

test("a holder that is displaced between its read and its write writes nothing", async () => {
  const two = await running();
  const late = slow(two, "pulse", async () =>
    two.store.runs.begin("t", asks("n", "N", { whenBusy: "cancel" })),
  );
  const before = await told(two.store, "t");
  const changes = { ...answers(2, "late"), history: [{ id: "x", value: 1 }] };
  await expect(
    late.commit("t", changes, { operationId: "m2", lease: two.lease }),
  ).rejects.toMatchObject({ code: "LEASE_LOST" });
  expect(await two.store.runs.look(two.lease, { turn: 2 })).toEqual({ held: false });
  expect((await told(two.store, "t")).length).toBe(before.length + 2);
});

test("a holder that is taken over between its read and its write stores no answer, result or checkpoint, and moves no pulse", async () => {
  const error = { code: "LEASE_LOST" };
  for (const write of [
    async (store: Store, lease: Lease) =>
      store.commit("t", gives(1, "c1", "late"), { operationId: "late", lease }),
    async (store: Store, lease: Lease) =>
      store.commit("t", { checkpoint: { state: "late" } }, { operationId: "late", lease }),
    async (store: Store, lease: Lease) => store.runs.pulse(lease, { ms: 5 }),
    async (store: Store, lease: Lease) =>
      store.approvals.request(lease, 1, [REFUND], { operationId: "late" }),
  ]) {
    const two = await running();
    const { seen } = (await two.store.runs.claim("t", asks("r", "E2"))) as { seen: number };
    let taken: Lease | undefined;
    const late = slow(two, "pulse", async () => {
      const claimed = asks("r", "E2", { seen, operationId: "E2:2" });
      taken = leaseOf(await two.store.runs.claim("t", claimed));
    });
    await expect(write(late, two.lease)).rejects.toMatchObject(error);
    expect(await two.store.runs.look(two.lease, { turn: 1, callId: "c1" })).toEqual({
      held: false,
    });
    expect(await two.store.checkpoints.list("t")).toEqual([]);
    expect(await two.store.approvals.pending("t")).toEqual([]);
    const busy = await two.store.runs.claim("t", asks("r", "E3"));
    expect(busy).toMatchObject({ status: "busy", seen: taken?.fence, ms: 1000 });
  }
});

test("a start that makes its thread while another process starts and begins the same run is told so, also where it would take over", async () => {
  const backend = memoryBackend();
  const first = async (): Promise<void> => {
    await desk(backend).runs.start("t", { runId: "r" });
    leaseOf(await desk(backend).runs.begin("t", asks("r", "E1")));
  };
  const late = desk(overtaken(backend, () => true, first));
  const started = await late.runs.start("t", { runId: "r", whenBusy: "cancel" });
  expect(started).toMatchObject({ status: "recorded", replayed: true, run: { status: "running" } });
});
