import assert from "node:assert/strict";
import type { Approval } from "../../store/approvals/contract.ts";
import type { Store } from "../../store/contract.ts";
import type { Lease } from "../../store/lease/lease.ts";
import { refused } from "../history/store.ts";
import { asks, leaseOf, type StoreCase, storeCase, THEN } from "./bench.ts";

/** Runs that wait for a person and go on: once, with what was decided, from where they stopped. */
export const storedResumes: readonly StoreCase[] = [
  storeCase(
    "doubled-resume",
    "of resumes of one run that come at once, from two processes, one gets it, and each of the others hears who has it",
    async ({ here, there }) => {
      await waiting(here());
      await decide(there(), "c1");
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          (index % 2 ? there : here)().runs.claim("t", asks("r", `F${index}`)),
        ),
      );
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
        ...Array.from({ length: 15 }, () => "busy"),
        "leased",
      ]);
    },
  ),
  storeCase(
    "resume-after-success",
    "a resume of a run that is done gets its outcome, whoever brings it, and nothing that the run did can be done again",
    async ({ here, there }) => {
      await waiting(here());
      await decide(there(), "c1");
      const lease = leaseOf(await here().runs.claim("t", asks("r", "E2")));
      await here().runs.settle(
        lease,
        { status: "completed", output: "paid" },
        { operationId: "E2:end" },
      );
      for (const [index, verb] of (["claim", "begin"] as const).entries())
        for (const event of ["event of r", "another event"]) {
          const again = asks("r", `F${index} ${event}`, { event });
          const answer = await there().runs[verb]("t", again);
          assert.deepEqual(
            answer.status === "ended" && answer.reason === "final" && answer.run.outcome,
            { status: "completed", output: "paid" },
            `${verb} of a run that is done, by ${event}`,
          );
        }
      await refused(
        there().commit("t", { result: resultOf("c1") }, { operationId: "late", lease }),
        "LEASE_LOST",
        "a result of the run that is done",
      );
    },
  ),
  storeCase(
    "decision-before-the-wait",
    "a decision that comes before the run waits for it is met by the suspension: the run goes on with it",
    async ({ here, there }) => {
      const lease = await thinking(here());
      await decide(there(), "c1");
      const settled = await here().commit("t", waitsFor("c1", 1), { operationId: "E1:s", lease });
      assert.deepEqual(
        settled.status === "goOn" &&
          settled.decisions.map(({ callId, status }) => [callId, status]),
        [["c1", "approved"]],
      );
      assert.equal((await there().runs.get("r"))?.status, "running");
    },
  ),
  storeCase(
    "second-suspension",
    "a run that waits a second time waits in its own thread, and goes on from its second state",
    async ({ here, there }) => {
      await waiting(here());
      await decide(there(), "c1");
      const lease = leaseOf(await here().runs.claim("t", asks("r", "E2")));
      await here().commit("t", waitsFor("c2", 2), { operationId: "E2:s", lease });
      assert.deepEqual(
        (await there().approvals.pending("t")).map(({ callId }) => callId),
        ["c2"],
      );
      await decide(there(), "c2");
      const third = await there().runs.claim("t", asks("r", "E3"));
      assert.deepEqual(third.status === "leased" && third.state, { step: 2 });
      assert.deepEqual(await there().checkpoints.get("t"), { step: 2 });
      const { threads } = await there().threads.list();
      assert.deepEqual(
        threads.map(({ id }) => id),
        ["t"],
      );
    },
  ),
  storeCase(
    "answers-of-people",
    "an answer in words or data is stored as it was given, the approval is answered and not approved, and the resume meets it",
    async ({ here, there }) => {
      const values = [
        "by hand",
        { order: 7n, at: new Date(THEN) },
        new Map([["é", undefined]]),
        null,
      ];
      for (const [index, value] of values.entries()) {
        const [threadId, runId] = [`t${index}`, `r${index}`];
        const [approval] = await waiting(here(), threadId, runId);
        assert.ok(approval, "an approval");
        const decided = await there().approvals.decide(
          threadId,
          { approvalId: approval.id },
          { kind: "answer", value },
          { by: "ann" },
        );
        assert.deepEqual([decided.counted, decided.approval.status], [true, "answered"]);
        assert.deepEqual(await there().approvals.get(threadId, approval.id), decided.approval);
        const claimed = await here().runs.claim(threadId, asks(runId, "E2"));
        const decisions = claimed.status === "leased" ? claimed.decisions : [];
        assert.deepEqual(
          decisions.map(({ callId, status, decision, by }) => ({ callId, status, decision, by })),
          [{ callId: "c1", status: "answered", decision: { kind: "answer", value }, by: "ann" }],
        );
      }
    },
  ),
];

/** A run whose stored answer asks for two calls. */
async function thinking(store: Store, threadId = "t", runId = "r"): Promise<Lease> {
  const lease = leaseOf(await store.runs.begin(threadId, asks(runId, "E1")));
  const toolCalls = ["c1", "c2"].map((id) => ({ id, name: "refund", input: { order: 7 } }));
  const message = { role: "assistant", content: "", toolCalls } as const;
  await store.commit(
    threadId,
    { answer: { turn: 1, value: { message } } },
    { operationId: "E1:m1", lease },
  );
  return lease;
}

/** A run that waits for the first of its calls; what it waits for. */
async function waiting(store: Store, threadId = "t", runId = "r"): Promise<readonly Approval[]> {
  const lease = await thinking(store, threadId, runId);
  await store.commit(threadId, waitsFor("c1", 1), { operationId: "E1:s", lease });
  return store.approvals.pending(threadId);
}

/** What a run commits that waits for this call, after so many steps. */
function waitsFor(callId: string, step: number): Parameters<Store["commit"]>[1] {
  const request = { callId, tool: "refund", input: { order: 7 } };
  return {
    checkpoint: { state: { step } },
    settle: { status: "suspended", turn: 1, approvals: [request] },
  };
}

function resultOf(callId: string): NonNullable<Parameters<Store["commit"]>[1]["result"]> {
  return { turn: 1, value: { callId, toolName: "refund", content: "paid" } };
}

async function decide(store: Store, callId: string): Promise<void> {
  const { counted } = await store.approvals.decide(
    "t",
    { callId, runId: "r" },
    { kind: "approve" },
  );
  assert.equal(counted, true, "the decision counts");
}
