import assert from "node:assert/strict";
import type { Approval } from "../../store/approvals/contract.ts";
import type { Commit } from "../../store/commit/contract.ts";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import type { BeginOptions } from "../../store/runs/contract.ts";
import { refused } from "../history/store.ts";
import { asks, interrupted, leaseOf, losing, type StoreCase, storeCase } from "./bench.ts";

/** Runs and approvals: one holder, one answer, one decision. */
export const storedRuns: readonly StoreCase[] = [
  storeCase(
    "one-holder",
    "of runs that begin on one thread at once, from two processes, one takes it",
    async ({ here, there }) => {
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? there : here)().runs.begin(
            "t",
            asks(`r${index}`, `E${index}`, { whenBusy: "reject" }),
          ),
        ),
      );
      const statuses = answers.map(({ status }) => status as string).toSorted();
      assert.deepEqual(statuses, ["leased", ...Array.from({ length: 15 }, () => "rejected")]);
    },
  ),
  storeCase(
    "begin-replay",
    "a begin that is retried, as after a lost acknowledgement, gets the first answer, and its message is there once",
    async ({ here, there }) => {
      const options = asks("r", "E1", { message: { id: "m", value: "hello" }, input: 1 });
      const unlucky = here({ through: losing(() => true) });
      await unlucky.runs.begin("t", options).catch(() => undefined);
      const first = leaseOf(await here().runs.begin("t", options));
      assert.deepEqual(leaseOf(await there().runs.begin("t", options)), first);
      assert.equal(await there().history.count("t"), 1);
    },
  ),
  storeCase(
    "conversation-ahead",
    "a conversation that comes with a message is told once, ahead of it, and only where the history is empty at that moment",
    async ({ here, there }) => {
      const told = async (): Promise<unknown[]> =>
        (await there().history.read("t")).map(({ value }) => value);
      await here().runs.start("t", { runId: "a", ...brought("a") });
      await there().runs.start("t", { runId: "b", ...brought("b") });
      assert.deepEqual(await told(), [], "what is only recorded is not told");
      const lease = leaseOf(await here().runs.begin("t", asks("a", "E1")));
      assert.deepEqual(await told(), ["a0", "a1", "a"]);
      await here().runs.settle(
        lease,
        { status: "completed", output: null },
        { operationId: "E1:end" },
      );
      await there().runs.begin("t", asks("b", "E2"));
      await here().runs.begin("t", asks("c", "E3", { whenBusy: "reject", ...brought("c") }));
      assert.deepEqual(await told(), ["a0", "a1", "a", "b"]);
    },
  ),
  storeCase(
    "fence",
    "an execution that was taken over writes nothing more: LEASE_LOST",
    async ({ here, there }) => {
      const [one, other] = [here(), there()];
      const old = leaseOf(await one.runs.begin("t", asks("r", "E1")));
      const busy = await other.runs.begin("t", asks("r", "E2"));
      assert.equal(busy.status, "busy");
      const seen = busy.status === "busy" ? busy.seen : 0;
      const taken = leaseOf(
        await other.runs.begin("t", asks("r", "E2", { operationId: "E2:again", seen })),
      );
      assert.ok(taken.fence > old.fence, "a later holder has a higher fence");
      await refused(
        one.commit("t", says(1, "late"), { operationId: "E1:m1", lease: old }),
        "LEASE_LOST",
        "a commit of the old holder",
      );
      assert.equal(
        answerIn(await other.commit("t", says(1, "mine"), { operationId: "E2:m1", lease: taken })),
        "mine",
      );
    },
  ),
  storeCase(
    "fence-in-the-write",
    "an execution that is taken over between what it reads and what it writes writes nothing: LEASE_LOST",
    async ({ here, there }) => {
      const old = leaseOf(await here().runs.begin("t", asks("r", "E1")));
      const takeOver = async (): Promise<void> => {
        const busy = await there().runs.begin("t", asks("r", "E2"));
        const seen = busy.status === "busy" ? busy.seen : 0;
        leaseOf(await there().runs.begin("t", asks("r", "E2", { operationId: "E2:again", seen })));
      };
      const slow = here({ through: interrupted(takeOver) });
      await refused(
        slow.commit("t", says(1, "late"), { operationId: "E1:m1", lease: old }),
        "LEASE_LOST",
        "a commit that was overtaken",
      );
      const lease = leaseOf(
        await there().runs.begin("t", asks("r", "E2", { operationId: "E2:again" })),
      );
      const { answer } = await there().runs.turn(lease, 1);
      assert.equal(answer, undefined, "the answer of the overtaken one");
    },
  ),
  storeCase(
    "pulse-moves",
    "a holder that wrote since a challenger looked is not taken over",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r", "E1")));
      const busy = await there().runs.begin("t", asks("r", "E2"));
      const seen = busy.status === "busy" ? busy.seen : 0;
      await here().commit("t", says(1, "alive"), { operationId: "E1:m1", lease });
      const again = await there().runs.begin(
        "t",
        asks("r", "E2", { operationId: "E2:again", seen }),
      );
      assert.equal(again.status, "busy");
    },
  ),
  storeCase(
    "first-answer-stands",
    "of two deliveries that commit an answer of one turn the first counts, and both get it",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r", "E1")));
      const commits = await Promise.all([
        here().commit("t", says(1, "one"), { operationId: "E1:m1:a", lease }),
        there().commit("t", says(1, "two"), { operationId: "E1:m1:b", lease }),
      ]);
      const [first, second] = commits.map(answerIn);
      assert.equal(first, second);
      assert.equal(
        answerIn(await here().commit("t", says(1, "three"), { operationId: "E1:m1:c", lease })),
        first,
      );
    },
  ),
  storeCase(
    "queue",
    "a run that waits gets the thread from the settle of the one before it, and the outcome stands",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r1", "E1")));
      const queued = await there().runs.begin("t", asks("r2", "E2"));
      assert.equal(queued.status, "queued");
      const outcome = { status: "completed", output: { n: 1 } } as const;
      const settled = await here().runs.settle(lease, outcome, { operationId: "E1:end" });
      assert.equal(settled.next?.runId, "r2");
      const replayed = await there().runs.settle(lease, outcome, { operationId: "E1:end" });
      assert.deepEqual([replayed.replayed, replayed.next], [true, settled.next]);
      const next = await there().runs.claim("t", asks("r2", "E3", { event: "wake" }));
      assert.equal(leaseOf(next).runId, "r2");
      const ended = await here().runs.claim("t", asks("r1", "E4"));
      assert.deepEqual(ended.status === "ended" && "run" in ended && ended.run.outcome, outcome);
    },
  ),
  storeCase(
    "first-decision-stands",
    "of decisions on one approval, at once and from two processes, one counts, and all are told which",
    async ({ here, there }) => {
      const approval = await suspended(here());
      const decided = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? there : here)().approvals.decide(
            "t",
            { approvalId: approval.id },
            index % 3 ? { kind: "deny", reason: `no ${index}` } : { kind: "approve" },
            { by: `person ${index}` },
          ),
        ),
      );
      assert.equal(decided.filter(({ counted }) => counted).length, 1, "decisions that counted");
      const stored = await there().approvals.get("t", approval.id);
      for (const { approval: told } of decided) assert.deepEqual(told, stored);
      assert.deepEqual(await here().approvals.pending("t"), []);
      const claimed = await there().runs.claim("t", asks("r", "E2"));
      assert.equal(claimed.status, "leased");
      assert.deepEqual(claimed.status === "leased" && claimed.decisions, [stored]);
    },
  ),
  storeCase(
    "decisions-of-nothing",
    "a decision on what nobody asked for is NOT_FOUND, one on other arguments than were shown conflicts, and nothing changes",
    async ({ here, there }) => {
      const approval = await suspended(here());
      const { approvals } = there();
      const approve = { kind: "approve" } as const;
      await refused(
        approvals.decide("t", { approvalId: "unknown" }, approve),
        "NOT_FOUND",
        "an unknown approval",
      );
      await refused(
        approvals.decide("t", { approvalId: approval.id }, approve, { digest: "0".repeat(64) }),
        "CONFLICT",
        "other arguments",
      );
      assert.deepEqual(await approvals.pending("t"), [approval]);
    },
  ),
];

/** A message, and the conversation that comes with it. */
function brought(name: string): Pick<BeginOptions, "message"> {
  const ahead = [0, 1].map((place) => ({ id: `${name}:${place}`, value: `${name}${place}` }));
  return { message: { id: name, value: name, ahead } };
}

function says(turn: number, content: string): Commit {
  return { answer: { turn, value: { message: { role: "assistant", content } } } };
}

function answerIn(result: Awaited<ReturnType<Store["commit"]>>): string | undefined {
  return result.status === "committed" ? result.answer?.message.content : undefined;
}

/** Suspends the run `r` of thread `t` on one call, and returns its approval. */
async function suspended(store: Store): Promise<Approval> {
  const lease: Lease = leaseOf(await store.runs.begin("t", asks("r", "E1")));
  const call = { id: "c1", name: "refund", input: { order: 7 } };
  const message = { role: "assistant", content: "", toolCalls: [call] } as const;
  await store.commit(
    "t",
    { answer: { turn: 1, value: { message } } },
    { operationId: "E1:m1", lease },
  );
  await store.commit(
    "t",
    {
      checkpoint: { state: { step: 1 } },
      settle: {
        status: "suspended",
        turn: 1,
        approvals: [{ callId: "c1", tool: "refund", input: { order: 7 } }],
      },
    },
    { operationId: "E1:s", lease },
  );
  const [approval] = await store.approvals.pending("t");
  assert.ok(approval, "an approval that waits");
  return approval;
}
