import assert from "node:assert/strict";
import { digestOf } from "../../codec/digest.ts";
import type { Approval, ApprovalRequest, InputCheck } from "../../store/approvals/contract.ts";
import type { Store } from "../../store/contract.ts";
import { refused } from "../history/store.ts";
import {
  asks,
  type Bench,
  interrupted,
  leaseOf,
  losing,
  type StoreCase,
  storeCase,
  THEN,
} from "./bench.ts";

const HOUR = 60 * 60 * 1000;

/** Approvals: deadlines, modified inputs, and what waits in any thread. */
export const storedApprovals: readonly StoreCase[] = [
  storeCase(
    "approval-expires",
    "an approval expires at its deadline and not before, the run goes on with it, and what was decided in time stands",
    async ({ here, there }) => {
      const [first, second] = await suspend(here(), "t", [due("c1"), due("c2")]);
      assert.ok(first && second, "two approvals");
      const early = await there({ at: THEN + HOUR - 1 }).approvals.expire("t", first.id);
      assert.deepEqual([early.counted, early.approval.status], [false, "pending"]);
      await there().approvals.decide("t", { approvalId: second.id }, { kind: "approve" });
      const late = there({ at: THEN + HOUR });
      const expired = await late.approvals.expire("t", first.id);
      assert.deepEqual([expired.counted, expired.approval.status], [true, "expired"]);
      assert.equal(expired.wake?.runId, "r-t");
      const stands = await late.approvals.expire("t", second.id);
      assert.deepEqual([stands.counted, stands.approval.status], [false, "approved"]);
      const claimed = await here().runs.claim("t", asks("r-t", "E2"));
      const decisions = claimed.status === "leased" ? claimed.decisions : [];
      assert.deepEqual(
        decisions.map(({ status }) => status),
        ["expired", "approved"],
      );
    },
  ),
  storeCase(
    "late-decision",
    "a decision that comes after the deadline does not count: the approval has expired, and its run is woken",
    async ({ here, there }) => {
      const [approval] = await suspend(here(), "t", [due("c1")]);
      assert.ok(approval, "an approval");
      const late = there({ at: THEN + HOUR });
      const decided = await late.approvals.decide(
        "t",
        { approvalId: approval.id },
        { kind: "approve" },
      );
      assert.deepEqual([decided.counted, decided.approval.status], [false, "expired"]);
      assert.equal(decided.wake?.runId, "r-t");
    },
  ),
  storeCase(
    "maintain-expires",
    "maintenance expires what is due in any tenant, once, and says whom to wake; what it was asked for under a lost acknowledgement too",
    async ({ here, there }) => {
      for (let lost = 0; lost < 8; lost += 1) {
        const threadId = `t${lost}`;
        const unlucky = here({
          scope: { tenant: "a" },
          through: losing((index) => index === lost),
        });
        await suspend(unlucky, threadId, [due("c1")]).catch(() => undefined);
        await suspend(here({ scope: { tenant: "a" } }), threadId, [due("c1")]);
      }
      const early = await there({ at: THEN + HOUR - 1 }).maintain({ ms: 60_000 });
      assert.deepEqual(early.wakes, []);
      const late = there({ at: THEN + HOUR });
      const { wakes, failed } = await late.maintain({ ms: 60_000 });
      assert.deepEqual(failed, []);
      assert.deepEqual(
        wakes.map(({ runId, tenant }) => `${tenant} ${runId}`).toSorted(),
        Array.from({ length: 8 }, (_, lost) => `a r-t${lost}`),
      );
      assert.deepEqual((await late.maintain({ ms: 60_000 })).wakes, []);
      for (const { threadId, runId } of wakes) {
        const claimed = await there({ scope: { tenant: "a" } }).runs.claim(
          threadId,
          asks(runId, "E2"),
        );
        assert.equal(claimed.status, "leased", "what expired is decided");
      }
    },
  ),
  storeCase(
    "modified-input",
    "an input that a person modified is what the checker made of it, with a digest of its own; one that it refuses is not recorded",
    async ({ here, there }) => {
      const [approval] = await suspend(here(), "t", [due("c1")]);
      assert.ok(approval, "an approval");
      const reference = { approvalId: approval.id };
      await refused(
        there().approvals.decide("t", reference, { kind: "approve", input: {} }, { check }),
        "INVALID_ARGUMENT",
        "an input that does not fit",
      );
      assert.deepEqual(await here().approvals.get("t", approval.id), approval);
      const decided = await there().approvals.decide(
        "t",
        reference,
        { kind: "approve", input: { order: "8" } },
        { check },
      );
      const input = { order: 8, by: "refund" };
      assert.deepEqual(decided.approval.decision, { kind: "approve", input });
      assert.equal(decided.approval.decidedDigest, digestOf(["refund", input]));
      assert.deepEqual(await here().approvals.get("t", approval.id), decided.approval);
    },
  ),
  storeCase(
    "checked-answers",
    "a checker that answers neither an input nor what is wrong approves nothing: not what was shown, and not what was given",
    async ({ here, there }) => {
      const [approval] = await suspend(here(), "t", [due("c1")]);
      assert.ok(approval, "an approval");
      const reference = { approvalId: approval.id };
      const modified = { kind: "approve", input: { order: 8 } } as const;
      for (const answer of [{ ok: true }, { ok: "no", input: 8 }, { ok: false }, {}, undefined]) {
        const loose = (): InputCheck => answer as InputCheck;
        await refused(
          there().approvals.decide("t", reference, modified, { check: loose }),
          "INVALID_ARGUMENT",
          `the answer ${JSON.stringify(answer)}`,
        );
        assert.deepEqual(await here().approvals.get("t", approval.id), approval);
      }
    },
  ),
  storeCase(
    "pending-everywhere",
    "what waits in any thread of the scope is on one page and no other, oldest first, and nothing that does not wait",
    async (bench) => {
      const asked = await scatter(bench, { tenant: "a" });
      const { there } = bench;
      const store = there({ scope: { tenant: "a" } });
      const found = await pages(store, 3);
      assert.deepEqual(found, asked.toSorted(), "by time, then by a name");
      for (const name of asked.slice(0, 4)) {
        const threadId = name.split(" ")[1] ?? "";
        for (const { id } of await store.approvals.pending(threadId))
          await store.approvals.decide(threadId, { approvalId: id }, { kind: "deny" });
      }
      const left = await pages(store, 3);
      assert.deepEqual(left, await pages(store, 100));
      assert.equal(left.length, asked.length - 4);
      assert.deepEqual(await pages(there(), 5), [], "another tenant");
    },
  ),
  storeCase(
    "pending-of-users",
    "a user's list shows what waits in the user's threads, a tenant's what waits in all",
    async (bench) => {
      const ann = await scatter(bench, { tenant: "a", user: "ann" }, "ann");
      const bob = await scatter(bench, { tenant: "a", user: "bob" }, "bob");
      const { there } = bench;
      assert.deepEqual(await pages(there({ scope: { tenant: "a", user: "ann" } }), 4), ann);
      assert.deepEqual(await pages(there({ scope: { tenant: "a", user: "bob" } }), 4), bob);
      const all = await pages(there({ scope: { tenant: "a" } }), 4);
      assert.deepEqual(all.toSorted(), [...ann, ...bob].toSorted());
    },
  ),
  storeCase(
    "pending-while-asked",
    "an approval that is asked for while a list removes what waits no longer is on the next list",
    async ({ here, there }) => {
      const [first] = await suspend(here(), "t", [due("c1")]);
      assert.ok(first, "an approval");
      await here().approvals.decide("t", { approvalId: first.id }, { kind: "approve" });
      const again: ApprovalRequest = { ...due("c1"), input: { order: 9 } };
      const askAgain = async (): Promise<void> => {
        const lease = leaseOf(await here().runs.claim("t", asks("r-t", "E2")));
        await here().approvals.request(lease, 1, [again], { operationId: "again" });
      };
      const slow = there({ through: interrupted(askAgain) });
      assert.deepEqual(await slow.approvals.pending({}), { approvals: [] });
      assert.deepEqual(await pages(there(), 10), [`${THEN} t c1`]);
    },
  ),
];

/** Takes an order by any name of its number. */
function check({ tool }: Approval, input: unknown): InputCheck {
  return typeof input === "object" && input !== null && "order" in input
    ? { ok: true, input: { order: Number(input.order), by: tool } }
    : { ok: false, problem: "order is missing" };
}

/** A request with a deadline in an hour. */
function due(callId: string): ApprovalRequest {
  return { callId, tool: "refund", input: { order: 7 }, expiresInMs: HOUR };
}

/** Suspends a run of the thread on these calls, in steps that may be repeated. */
async function suspend(
  store: Store,
  threadId: string,
  requests: readonly ApprovalRequest[],
): Promise<readonly Approval[]> {
  const lease = leaseOf(await store.runs.begin(threadId, asks(`r-${threadId}`, "E1")));
  const toolCalls = requests.map(({ callId, tool, input }) => ({ id: callId, name: tool, input }));
  const message = { role: "assistant", content: "", toolCalls } as const;
  await store.commit(
    threadId,
    { answer: { turn: 1, value: { message } } },
    { operationId: "E1:m1", lease },
  );
  await store.commit(
    threadId,
    { settle: { status: "suspended", turn: 1, approvals: requests } },
    { operationId: "E1:s", lease },
  );
  return store.approvals.pending(threadId);
}

/** Twelve threads that ask, four in each of three milliseconds. */
async function scatter(
  { here }: Bench,
  scope: NonNullable<Store["scope"]>,
  name = "t",
): Promise<string[]> {
  const asked: string[] = [];
  for (let index = 0; index < 12; index += 1) {
    const at = THEN + (index % 3);
    const threadId = `${name}${String(index).padStart(2, "0")}`;
    await suspend(here({ scope, at }), threadId, [due("c1")]);
    asked.push(`${at} ${threadId} c1`);
  }
  return asked.toSorted();
}

/** What all pages of a list show. */
async function pages(store: Store, limit: number): Promise<string[]> {
  const shown: Approval[] = [];
  for (let cursor: string | undefined, count = 0; count < 100; count += 1) {
    const page = await store.approvals.pending(
      cursor === undefined ? { limit } : { limit, cursor },
    );
    assert.ok(page.approvals.length <= limit, "a page is no longer than was asked");
    shown.push(...page.approvals);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  const times = shown.map(({ requestedAt }) => requestedAt.getTime());
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
    "oldest first",
  );
  return shown
    .map((one) => `${one.requestedAt.getTime()} ${one.threadId} ${one.callId}`)
    .toSorted();
}
