import assert from "node:assert/strict";
import type { Scope } from "../../store/context.ts";
import type { Store } from "../../store/contract.ts";
import type { ThreadStanding } from "../../store/runs/contract.ts";
import { refused } from "../history/store.ts";
import { asks, before, leaseOf, losing, type StoreCase, storeCase, THEN } from "./bench.ts";

const TENANT: Scope = { tenant: "a", user: "ann" };
/** Later than any thread stays in the list without a run. */
const LONG_AFTER = THEN + 60 * 60_000;
const DUE = THEN + 60_000;

/** What keeps runs from being forgotten: the threads that runs have, and what is to happen later. */
export const storedForgotten: readonly StoreCase[] = [
  storeCase(
    "open-threads",
    "every thread that a run has is on one page, in whatever tenant, with what its run waits for; one that no run has leaves the list",
    async ({ here, there }) => {
      const store = here({ scope: TENANT });
      for (const id of ["held", "waiting", "decided", "stuck"])
        leaseOf(await store.runs.begin(id, asks(id, "E")));
      for (const id of ["waiting", "decided", "stuck"]) await suspend(store, id);
      await store.runs.incompatible("stuck", { message: "renamed" });
      const [asked] = await store.approvals.pending("decided");
      assert.ok(asked, "an approval");
      await store.approvals.decide("decided", { approvalId: asked.id }, { kind: "approve" });
      await here().runs.start("recorded", { runId: "recorded" });
      await here().runs.start("recorded", { runId: "behind" });
      const done = leaseOf(await here().runs.begin("idle", asks("done", "E")));
      const outcome = { status: "completed", output: 1 } as const;
      await here().runs.settle(done, outcome, { operationId: "end" });
      const late = there({ at: LONG_AFTER, scope: { tenant: "b" } });
      const wanted = [
        "a ann decided decided due",
        "a ann held held held",
        "a ann stuck stuck waiting",
        "a ann waiting waiting waiting",
        "undefined undefined recorded recorded due",
      ];
      for (const limit of [1, 2, 100]) assert.deepEqual(await told(late, limit), wanted);
    },
  ),
  storeCase(
    "standing",
    "what has a thread is told with the fence that stays while it does, and the pulse by which a dead holder is taken over",
    async ({ here, there }) => {
      const store = here({ scope: TENANT });
      assert.equal(await store.runs.standing("t"), undefined);
      const lease = leaseOf(await store.runs.begin("t", asks("r", "E", { ms: 5000 })));
      const seen = await there({ scope: TENANT }).runs.standing("t");
      assert.ok(seen, "a run has it");
      assert.deepEqual([seen.fence, seen.ms, seen.state], [lease.fence, 5000, "held"]);
      await store.runs.pulse(lease, { ms: 7000 });
      const moved = await there({ scope: TENANT }).runs.standing("t");
      assert.ok(moved, "the run has it still");
      assert.deepEqual([moved.fence, moved.ms], [lease.fence, 7000]);
      assert.notEqual(moved.seen, seen.seen);
      const late = asks("r", "F", { seen: seen.seen });
      assert.equal((await there({ scope: TENANT }).runs.claim("t", late)).status, "busy");
      const over = asks("r", "G", { seen: moved.seen });
      const after = leaseOf(await there({ scope: TENANT }).runs.claim("t", over));
      assert.equal((await store.runs.standing("t"))?.fence, after.fence);
    },
  ),
  storeCase(
    "silence-of-a-part",
    "what one part of a run's work says of its silence is not shortened by what its other parts write, until it speaks again or the run changes hands",
    async ({ here, there }) => {
      const lease = leaseOf(await here().runs.begin("t", asks("r", "E", { ms: 1000 })));
      const unlucky = here({ through: losing(() => true) });
      await unlucky.runs.pulse(lease, { ms: 9000, part: "a" }).catch(() => undefined);
      await here().runs.pulse(lease, { ms: 5000, part: "b" });
      await there().runs.pulse(lease, { ms: 2000 });
      await here().commit("t", { checkpoint: { state: 1 } }, { operationId: "c", lease });
      const ms = async (execution: string): Promise<unknown> => {
        const asked = await there().runs.claim("t", asks("r", execution));
        return asked.status === "busy" && asked.ms;
      };
      assert.deepEqual([await ms("F"), (await there().runs.standing("t"))?.ms], [9000, 9000]);
      await here().runs.heard(lease, "a");
      assert.deepEqual([await ms("G"), (await there().runs.standing("t"))?.ms], [5000, 5000]);
      await here().runs.heard(lease, "b");
      await here().runs.heard(lease, "unknown");
      assert.equal(await ms("H"), 1000);
      await here().runs.pulse(lease, { ms: 9000, part: "a" });
      const seen = (await there().runs.standing("t"))?.seen;
      const over = leaseOf(await there().runs.claim("t", asks("r", "I", { seen, ms: 3000 })));
      assert.equal(await ms("J"), 3000, "the silence of an earlier holder");
      await refused(
        here().runs.pulse(lease, { ms: 1, part: "a" }),
        "LEASE_LOST",
        "the earlier one",
      );
      await there().runs.pulse(over, { ms: 4000, part: "a" });
      assert.equal(await ms("K"), 4000);
    },
  ),
  storeCase(
    "open-while-unlisted",
    "a thread that a run takes while the list takes it out stays listed, whoever writes first",
    async ({ here, there }) => {
      for (const nth of [0, 1]) {
        const id = `t${nth}`;
        const lease = leaseOf(await here().runs.begin(id, asks(`first ${id}`, "E")));
        const outcome = { status: "completed", output: 1 } as const;
        await here().runs.settle(lease, outcome, { operationId: "end" });
        let writes = -1;
        const begin = async (): Promise<void> => {
          leaseOf(await here({ at: LONG_AFTER }).runs.begin(id, asks(`next ${id}`, "E")));
        };
        const through = before(begin, (verb) => verb === "write" && (writes += 1) === nth);
        await there({ at: LONG_AFTER, through }).openThreads();
        const { threads } = await there({ at: LONG_AFTER }).openThreads();
        assert.ok(
          threads.some(({ threadId }) => threadId === id),
          `ahead of write ${nth}`,
        );
      }
    },
  ),
  storeCase(
    "superseded-told",
    "whoever supersedes a run is told which, so that somebody can say it: also where the acknowledgement was lost",
    async ({ here, there }) => {
      leaseOf(await here().runs.begin("t", asks("r1", "E1")));
      const cancel = asks("r2", "E2", { whenBusy: "cancel" });
      const unlucky = here({ through: losing(() => true) });
      await unlucky.runs.begin("t", cancel).catch(() => undefined);
      const answer = await there().runs.begin("t", cancel);
      assert.equal(answer.status === "leased" && answer.superseded, "r1");
      const started = await there().runs.start("t", { runId: "r3", whenBusy: "cancel" });
      assert.equal(started.status === "recorded" && started.superseded, "r2");
      const free = await here().runs.start("other", { runId: "r4", whenBusy: "cancel" });
      assert.ok(!("superseded" in free), "a free thread");
    },
  ),
  storeCase(
    "reminder-told",
    "a reminder is told when it is due, in whatever tenant, and again until somebody ends it; also one that was set under a lost acknowledgement",
    async ({ here, there }) => {
      const store = here({ scope: TENANT });
      await store.threads.create("t");
      for (let lost = 0; lost < 3; lost += 1) {
        const unlucky = here({ scope: TENANT, through: losing((index) => index === lost) });
        const reminder = { id: `r${lost}`, at: new Date(DUE), value: { lost } };
        await unlucky.reminders.set("t", reminder).catch(() => undefined);
        await store.reminders.set("t", { ...reminder, value: "another" });
      }
      const early = await there({ at: DUE - 1 }).maintain({ ms: 60_000 });
      assert.deepEqual(early.reminders, []);
      let now = DUE;
      for (let round = 0; round < 3; round += 1) {
        const { reminders, failed } = await there({ at: now }).maintain({ ms: 60_000 });
        assert.deepEqual(failed, []);
        assert.deepEqual(
          reminders.map(({ tenant, threadId, id }) => `${tenant} ${threadId} ${id}`).toSorted(),
          ["a t r0", "a t r1", "a t r2"].slice(round),
        );
        now += 60 * 60_000;
        await store.reminders.end("t", `r${round}`, { status: "done" });
      }
      const { reminders } = await there({ at: now }).maintain({ ms: 60_000 });
      assert.deepEqual(reminders, []);
      const kept = await there({ scope: TENANT }).reminders.get("t", "r1");
      assert.deepEqual(kept?.value, { lost: 1 }, "the first stands");
    },
  ),
  storeCase(
    "reminder-ends-once",
    "the first end of a reminder stands, its id is not free again, and it goes with its thread",
    async ({ here, there }) => {
      const reminder = { id: "r", at: new Date(DUE), value: 1 };
      await refused(here().reminders.set("t", reminder), "NOT_FOUND", "no thread");
      await here().threads.create("t");
      const { reminder: first } = await here().reminders.set("t", reminder);
      await refused(
        here().reminders.end("t", "other", { status: "done" }),
        "NOT_FOUND",
        "another id",
      );
      const ends = await Promise.all([
        here().reminders.end("t", "r", { status: "done" }),
        there().reminders.end("t", "r", { status: "cancelled", reason: "answered" }),
      ]);
      const counted = ends.filter((one) => one.counted);
      assert.equal(counted.length, 1);
      assert.deepEqual(await there().reminders.list("t"), [counted[0]?.reminder]);
      const again = await here().reminders.set("t", reminder);
      assert.deepEqual(again, { reminder: counted[0]?.reminder, replayed: true });
      await here().threads.delete("t");
      await here().threads.create("t");
      assert.equal(await there().reminders.get("t", "r"), undefined);
      await here().reminders.set("t", reminder);
      const late = { status: "done", life: first.life } as const;
      await refused(there().reminders.end("t", "r", late), "DELETED", "another life");
    },
  ),
];

async function suspend(store: Store, id: string): Promise<void> {
  const found = await store.runs.standing(id);
  assert.ok(found, "a run");
  const { fence, run } = found;
  const lease = { threadId: id, runId: id, execution: "E", fence, life: run.life };
  const call = { id: "c", name: "refund", input: id };
  const message = { role: "assistant", content: id, toolCalls: [call] } as const;
  await store.commit(id, { answer: { turn: 1, value: { message } } }, { operationId: "m", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(id, { settle }, { operationId: "s", lease });
}

/** All open threads, by pages of this size, in words. */
async function told(store: Store, limit: number): Promise<readonly string[]> {
  const all: ThreadStanding[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await store.openThreads(cursor === undefined ? { limit } : { limit, cursor });
    all.push(...page.threads);
    ({ cursor } = page);
  }
  return all
    .map(({ tenant, user, threadId, run, state }) =>
      [tenant, user, threadId, run.id, state].map(String).join(" "),
    )
    .toSorted();
}
