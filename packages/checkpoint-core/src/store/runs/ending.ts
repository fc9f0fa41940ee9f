import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import { checkId } from "../operation.ts";
import { type Decision, transact } from "../transact.ts";
import { checkObject, checkText, copyOf } from "../arguments.ts";
import { checkOutcome } from "./arguments.ts";
import type { RunOutcome, SettleResult } from "./contract.ts";
import { joinParts, type RunParts, withoutDoubles } from "./parts.ts";
import { isFinal, runIn, runKey, runOf, runWrite, type StoredRun } from "./record.ts";
import { type FailingRun, listFailure, threadOfRun, unlistFailure } from "./run-index.ts";
import {
  handOver,
  queueWrite,
  reserved,
  type Standing,
  STANDING,
  standingIn,
} from "../lease/standing.ts";
import { type Ending, type EndingPlace, endHolder, endRun, historyParts } from "./supersede.ts";

/** A run that someone else than its holder ends, beside what was found. */
interface Found extends EndingPlace {
  readonly context: StoreContext;
  readonly standing: Standing;
  readonly run: StoredRun;
}

type CancelOutcome = Extract<RunOutcome, { readonly status: "cancelled" }>;
type NoticeOutcome = Extract<RunOutcome, { readonly status: "failed" | "cancelled" }>;

/** The run is cancelled, whoever holds it; out of the queue; a final one is answered as it is. */
export async function cancel(
  context: StoreContext,
  parts: RunParts,
  runId: string,
  { reason }: { readonly reason?: string | undefined } = {},
): Promise<SettleResult> {
  checkId("runId", runId);
  if (reason !== undefined) checkText("reason", reason);
  await context.ready();
  const outcome: CancelOutcome =
    reason === undefined ? { status: "cancelled" } : { status: "cancelled", reason };
  let ended: FailingRun | undefined;
  const result = await onRun(context, parts, runId, async (found) => {
    const { standing, run } = found;
    ended = failingRun(found);
    if (isFinal(run.record.status)) return { answer: asItIs(found) };
    if (standing.lease.run === runId)
      return handingOver(found, await endHolder(found, run, outcome));
    return outOfQueue(found, endRun(found, run, outcome));
  });
  // It is final now, and no failure of it is to be seen any more.
  if (ended) await unlistFailure(context, ended, context.now());
  return result;
}

function failingRun({ threadId, standing, run }: Found): FailingRun {
  const { id: runId, failedAt } = run.record;
  return { runId, threadId, owner: standing.life.owner, failedAt };
}

/**
 * An execution failed or was cancelled from outside. Counts only while it holds the lease; one that had counted before is answered again, so that its wake-up can be sent
 * again.
 */
export async function notice(
  context: StoreContext,
  parts: RunParts,
  threadId: string,
  noticed: Noticed,
): Promise<SettleResult | undefined> {
  checkNotice(threadId, noticed);
  const { runId, execution } = noticed;
  const outcome = copyOf(noticed.outcome);
  await context.ready();
  const now = context.now();
  const partition = context.thread(threadId);
  return transact<SettleResult | undefined>(partition, now, async () => {
    const snapshot = await partition.read([...STANDING, runKey(runId)], now);
    const standing = standingIn(context, snapshot);
    const run = runIn(snapshot, runId);
    if (!standing || !run) return { answer: undefined };
    const found: Found = { context, parts, partition, threadId, now, standing, run };
    const { lease } = standing;
    if (lease.run === runId && lease.execution === execution)
      return handingOver(
        found,
        outcome.status === "failed"
          ? endRun(found, run, outcome)
          : await endHolder(found, run, outcome),
      );
    return { answer: hasCounted(run, execution, outcome) ? asItIs(found) : undefined };
  });
}

/** The run is as this notice has left it, or a failed one that somebody has put into the queue since: who was next then may still be asleep. */
function hasCounted(
  { record: { by, status } }: StoredRun,
  execution: string,
  outcome: NoticeOutcome,
): boolean {
  if (by !== execution) return false;
  return status === outcome.status || (outcome.status === "failed" && status === "queued");
}

function checkNotice(threadId: string, noticed: Noticed): void {
  checkId("threadId", threadId);
  checkObject("notice", noticed);
  checkId("runId", noticed.runId);
  checkId("execution", noticed.execution);
  checkOutcome("outcome", noticed.outcome, ["failed", "cancelled"]);
}

/** What `notice` says. */
export interface Noticed {
  readonly runId: string;
  readonly execution: string;
  readonly outcome: NoticeOutcome;
}

/**
 * The deployed code cannot go on with the run. A queued one fails and leaves its place or its reservation; a suspended one is only marked, keeps its thread, and
 * can be claimed by code that knows it.
 */
export async function incompatible(
  context: StoreContext,
  parts: RunParts,
  runId: string,
  { message }: { readonly message: string },
): Promise<SettleResult> {
  checkId("runId", runId);
  checkText("message", message);
  await context.ready();
  const outcome = {
    status: "failed",
    error: { name: "IncompatibleError", message },
  } as const satisfies NoticeOutcome;
  return onRun(context, parts, runId, async (found) => {
    const { standing, run } = found;
    if (run.record.status === "suspended") return mark(found, message);
    if (run.record.status !== "queued") return { answer: asItIs(found) };
    const ending = endRun(found, run, outcome);
    return standing.lease.run === runId ? handingOver(found, ending) : outOfQueue(found, ending);
  });
}

async function onRun(
  context: StoreContext,
  parts: RunParts,
  runId: string,
  plan: (found: Found) => Promise<Decision<SettleResult>>,
): Promise<SettleResult> {
  const now = context.now();
  const threadId = await threadOfRun(context, runId, now);
  if (threadId === undefined) throw new StorageError("NOT_FOUND", `There is no run ${runId}.`);
  const partition = context.thread(threadId);
  return transact(partition, now, async () => {
    const snapshot = await partition.read([...STANDING, runKey(runId)], now);
    const standing = standingIn(context, snapshot);
    const run = runIn(snapshot, runId);
    if (!standing || !run) throw new StorageError("NOT_FOUND", `There is no run ${runId}.`);
    return plan({ context, parts, partition, threadId, now, standing, run });
  });
}

/** The run that has the thread ends, and the thread goes to the head of the queue: lease, run, queue, what closes the turn, pins, history. */
async function handingOver(found: Found, ending: Ending): Promise<Decision<SettleResult>> {
  const { lease, queue, next } = handOver(found.standing);
  return end(found, ending, [lease, ending.run, queue], next);
}

/** A run that does not have the thread ends; it leaves the queue if it is in it. */
async function outOfQueue(found: Found, ending: Ending): Promise<Decision<SettleResult>> {
  const { queue, queueExpect } = found.standing;
  const { id } = ending.record;
  const left = queueWrite(
    queue.filter((one) => one !== id),
    queueExpect,
  );
  return end(found, ending, queue.includes(id) ? [ending.run, left] : [ending.run]);
}

async function end(
  found: Found,
  ending: Ending,
  first: readonly Write[],
  next?: string,
): Promise<Decision<SettleResult>> {
  const { partition, now } = found;
  const shares = await joinParts(partition, now, [
    ...ending.unpin,
    ...historyParts(found, ending.entries),
  ]);
  const writes = withoutDoubles([...first, ...ending.writes, ...shares.writes]);
  partition.check(writes);
  if (ending.record.status === "failed") await listFailed(found);
  return {
    writes,
    landed(revision) {
      shares.landed(revision);
      return {
        run: runOfFound(found, { record: ending.record, revision }),
        replayed: false,
        ...(next === undefined ? {} : { next: { runId: next, fence: revision } }),
      };
    },
  };
}

/** The failure is listed before the write that makes it true. */
async function listFailed(found: Found): Promise<void> {
  await listFailure(found.context, failingRun(found), found.now);
}

function mark(found: Found, incompatibility: string): Decision<SettleResult> {
  const { run } = found;
  if (run.record.incompatible === incompatibility) return { answer: asItIs(found) };
  const record = { ...run.record, incompatible: incompatibility };
  return {
    writes: [runWrite(record, run.revision)],
    landed: (revision) => ({ run: runOfFound(found, { record, revision }), replayed: false }),
  };
}

/** Nothing is to be written; who waits for the thread can still be woken. */
function asItIs(found: Found): SettleResult {
  return { run: runOfFound(found, found.run), replayed: true, ...reserved(found.standing) };
}

function runOfFound({ threadId, standing }: Found, run: StoredRun): SettleResult["run"] {
  return runOf(threadId, standing.life.revision, run);
}
