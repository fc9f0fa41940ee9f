import type { Write } from "../../backend/contract.ts";
import { isReady, readApprovals } from "../approvals/ask.ts";
import { approvalOf } from "../approvals/record.ts";
import { operationWrite, THIS_WRITE } from "../operation.ts";
import { LEASE, lifeCheck } from "../life/life.ts";
import type { Decision } from "../transact.ts";
import { landedAnswer, note } from "./answer.ts";
import { type Ask, askedRun, isTaken } from "./ask.ts";
import type { BeginAnswer, RunStatus } from "./contract.ts";
import { lease, leaseAgain } from "./leasing.ts";
import { listOpenThread } from "./open-threads.ts";
import { newRun, type RunRecord, runWrite, type StoredRun } from "./record.ts";
import { indexRun } from "./run-index.ts";
import { longestSilence } from "../lease/silence.ts";
import { queueWrite } from "../lease/standing.ts";
import { supersede } from "./supersede.ts";
import { takeovers } from "./takeovers.ts";
import { takingWrites } from "./told.ts";

/*
 * The rows of the state machine that `begin` and `claim` meet, one function for each state of the asked run. What is asked twice, of the same execution and step, and
 * what carries another life has been answered before.
 */

type Row = Promise<Decision<BeginAnswer>>;

/** Decides by the state of the asked run. */
export async function answerAsk(ask: Ask): Row {
  const { run } = ask;
  return run ? rows[run.record.status](ask, run) : noRun(ask);
}

const rows: { readonly [S in RunStatus]: (ask: Ask, run: StoredRun) => Row } = {
  queued,
  running,
  suspended,
  failed,
  completed: final,
  cancelled: final,
  superseded: final,
};

/** None: a resume, wake or retry finds nothing; a start takes a free thread, waits behind the run that has it, gives up, or supersedes that run. */
async function noRun(ask: Ask): Row {
  const { options, standing } = ask;
  const { runId, input, message, whenBusy = "queue" } = options;
  if (!options.create) return note(ask, { status: "ended", reason: "gone" });
  if (isTaken(ask) && whenBusy === "reject") return note(ask, { status: "rejected" });
  if (isTaken(ask) && whenBusy === "queue")
    return enqueue(ask, newRun(runId, "queued", input, message), "absent");
  const record = newRun(runId, "running", input, message);
  const { run: holder } = standing.lease;
  if (holder === undefined) return lease(ask, { record, expect: "absent" });
  const ending = await supersede(ask, holder, runId);
  return lease(ask, { record, expect: "absent", ending });
}

/** Queued: it takes the thread that is reserved for it, and waits otherwise. */
async function queued(ask: Ask, run: StoredRun): Row {
  const { lease: held } = ask.standing;
  if (held.run === run.record.id && held.execution === undefined)
    return lease(ask, { record: run.record, expect: run.revision });
  return note(ask, { status: "queued", run: askedRun(ask, run) });
}

/** Running: a challenger waits by its own time and takes over when the pulse has not moved; the holder itself gets its lease. */
async function running(ask: Ask, run: StoredRun): Row {
  const { options, standing, partition, now } = ask;
  if (standing.lease.execution === options.execution) return leaseAgain(ask, run);
  const { pulse } = standing;
  if (options.seen === pulse.revision)
    return lease(ask, {
      record: run.record,
      expect: run.revision,
      pulse: pulse.revision,
      takeovers: await takeovers(ask, run),
    });
  const { revision: seen } = pulse;
  const ms = await longestSilence(partition, { fence: standing.fence, ms: pulse.ms }, now);
  return note(ask, { status: "busy", run: askedRun(ask, run), seen, ms });
}

/** Suspended: anyone goes on with it once enough has been decided. */
async function suspended(ask: Ask, run: StoredRun): Row {
  const { partition, threadId, now } = ask;
  const { approvals, resumeWhen } = run.record;
  const stored = await readApprovals(partition, approvals, now);
  const records = stored.map((one) => one.record);
  if (isReady(records, resumeWhen)) return lease(ask, { record: run.record, expect: run.revision });
  const pending = stored.filter((one) => one.record.status === "pending");
  return note(ask, {
    status: "waiting",
    run: askedRun(ask, run),
    pending: pending.map((one) => approvalOf(threadId, one)),
  });
}

/** Failed: only a new execution of an event that has held it, or a retry that names this failure, goes on; on a taken thread it waits or is rejected. */
async function failed(ask: Ask, run: StoredRun): Row {
  const { options } = ask;
  if (!mayRetry(ask, run))
    return note(ask, { status: "ended", reason: "failed", run: askedRun(ask, run) });
  if (!isTaken(ask)) return lease(ask, { record: run.record, expect: run.revision });
  const { whenBusy = "queue" } = options;
  if (whenBusy !== "queue") return note(ask, { status: "rejected" });
  const { outcome: _, endedAt: __, ...record } = run.record;
  return enqueue(ask, { ...record, status: "queued" }, run.revision);
}

/** Completed, cancelled, superseded: the outcome stands. */
async function final(ask: Ask, run: StoredRun): Row {
  return note(ask, { status: "ended", reason: "final", run: askedRun(ask, run) });
}

function mayRetry({ options }: Ask, { record, revision }: StoredRun): boolean {
  if (options.retry !== undefined) return options.retry === revision;
  const { held } = record;
  return (
    held.some(({ event }) => event === options.event) &&
    held.every(({ execution }) => execution !== options.execution)
  );
}

/** The run stands behind those that wait, while the lease is as it was read: the thread cannot become free in between. */
async function enqueue(ask: Ask, record: RunRecord, expect: "absent" | number): Row {
  const { context, threadId, standing, now, op } = ask;
  const answer: BeginAnswer = {
    status: "queued",
    run: askedRun(ask, { record, revision: THIS_WRITE }),
  };
  const writes: readonly Write[] = [
    operationWrite(op, answer, now, context.operationTtlMs),
    runWrite(record, expect),
    { op: "check", key: LEASE, expect: standing.fence },
    queueWrite([...standing.queue, record.id], standing.queueExpect),
    lifeCheck(standing.life),
  ];
  ask.partition.check(writes);
  ask.partition.check(takingWrites(record, now));
  if (expect === "absent")
    await indexRun(context, { runId: record.id, threadId, life: standing.life }, now);
  await listOpenThread(context, threadId, now);
  return { writes, landed: (revision) => landedAnswer(answer, revision) };
}
