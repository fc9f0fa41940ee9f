import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { StoreContext } from "../context.ts";
import {
  doneIn,
  type Operation,
  operationKeys,
  operationWrites,
  THIS_WRITE,
} from "../operation.ts";
import type { Partition } from "../partition.ts";
import { announce } from "../approvals/announce.ts";
import { type Decision, transact } from "../transact.ts";
import { answerWrite, type Closing, resultWrite, storedIn } from "../runs/closing.ts";
import { readMany } from "../chunks.ts";
import type { Lease } from "../lease/lease.ts";
import { type RunParts, withoutDoubles } from "../runs/parts.ts";
import {
  answerKey,
  holderIn,
  resultKey,
  runKey,
  runOf,
  type RunRecord,
  runWrite,
} from "../runs/record.ts";
import { listFailure, unlistFailure } from "../runs/run-index.ts";
import { heldLease, pulseWrite, sameLife, STANDING, standingIn } from "../lease/standing.ts";
import { closingOf } from "./closes.ts";
import type { CommitResult } from "./contract.ts";
import type { Given } from "./given.ts";
import { committed, type Recorded, replayCommit } from "./outcome.ts";
import { type HeldFacts, type Settling, settlingOf } from "./settling.ts";
import { draftShares, type Shares, type Sharing } from "./shares.ts";
import { suspensionKeys } from "./suspend.ts";

/** One commit under a lease. */
export interface HeldCommit {
  readonly context: StoreContext;
  readonly parts: RunParts;
  readonly given: Given;
  readonly lease: Lease;
  readonly now: number;
  readonly op: Operation | undefined;
}

/** The changes are stored under the lease, as the order of a commit says; see `Store.commit`. */
export async function commitHeld(commit: HeldCommit): Promise<CommitResult> {
  const { context, lease, now, op } = commit;
  await context.ready();
  const partition = context.thread(lease.threadId);
  const keys = readKeys(commit);
  return transact<CommitResult>(partition, now, async () => {
    const snapshot = await readMany(partition, [...operationKeys(op), ...keys.all], now);
    sameLife(context, snapshot, lease);
    const done = doneIn(snapshot, op);
    if (done) return { answer: await replayCommit(context, partition, done, now) };
    const held = heldLease(context, snapshot, lease);
    const stored = storedIn(snapshot, keys.answer, keys.result);
    if (stored.answer || stored.result) return { answer: committed({}, stored, 0, true) };
    const standing = standingIn(context, snapshot);
    if (!standing) throw new StorageError("CORRUPT", "A thread with a lease has no standing.");
    return planCommit(commit, { lease, held, standing, snapshot, now }, partition);
  });
}

async function planCommit(
  commit: HeldCommit,
  facts: HeldFacts,
  partition: Partition,
): Promise<Decision<CommitResult>> {
  const { lease } = commit;
  const { changes } = commit.given;
  const settling = settlingOf(changes, facts);
  if ("goOn" in settling) return { answer: { status: "goOn", decisions: settling.goOn } };
  const reader = { partition, runId: lease.runId, now: facts.now };
  const closing = await closingOf(reader, changes, facts.snapshot);
  return planWrites(commit, facts, settling, closing, partition);
}

async function planWrites(
  commit: HeldCommit,
  facts: HeldFacts,
  settling: Settling,
  closing: Closing,
  partition: Partition,
): Promise<Decision<CommitResult>> {
  const { context, op } = commit;
  const { changes } = commit.given;
  const { held, now } = facts;
  const { answer, result } = changes;
  const shares = await draftShares(partition, now, sharingOf(commit, facts, closing));
  const run = runAfter(facts, settling, shares.checkpointId);
  const recorded = recordOf(commit, settling, shares, run);
  const stored = {
    ...(answer ? { answer: answer.value } : {}),
    ...(result ? { result: result.value } : {}),
  };
  const writes = withoutDoubles([
    ...operationWrites(op, recorded, now, context.operationTtlMs),
    settling.lease,
    pulseWrite(changes.ms ?? held.ms ?? 1, "any"),
    ...contentWrites(commit),
    ...closing.writes,
    ...(run ? [run.write] : []),
    ...settling.writes,
    ...shares.writes,
  ]);
  partition.check(writes);
  await listAhead(commit, facts, settling);
  return {
    writes,
    landed(revision) {
      shares.landed(revision);
      return committed(recorded, stored, revision, false);
    },
  };
}

/** What is asked, and a failure, are listed before the write that makes them true; an earlier failure of a run that completes leaves its list. */
async function listAhead(
  { context, lease, given }: HeldCommit,
  { standing: { life }, snapshot, now }: HeldFacts,
  { asked = [] }: Settling,
): Promise<void> {
  const { threadId, runId } = lease;
  const { owner } = life;
  await announce(context, { threadId, owner, asked }, now);
  const status = given.changes.settle?.status;
  if (status !== "failed" && status !== "completed") return;
  const { failedAt } = holderIn(snapshot, lease).record;
  const failing = { threadId, runId, owner, failedAt };
  await (status === "failed" ? listFailure : unlistFailure)(context, failing, now);
}

/** The answer and the result, under names made of content: each expects that none is there. */
function contentWrites({ given, lease: { runId } }: HeldCommit): Write[] {
  const { answer, result } = given.changes;
  return [
    ...(answer ? [answerWrite(runId, answer.turn, answer.value)] : []),
    ...(result ? [resultWrite(runId, result.turn, result.value)] : []),
  ];
}

interface Keys {
  readonly all: readonly string[];
  readonly answer: string | undefined;
  readonly result: string | undefined;
}

function readKeys({ given, lease }: HeldCommit): Keys {
  const { answer, result, settle } = given.changes;
  const { runId } = lease;
  const answerAt = answer && answerKey(runId, answer.turn);
  const before = answer && answer.turn > 1 ? answerKey(runId, answer.turn - 1) : undefined;
  const resultAt = result && resultKey(runId, result.turn, result.value.callId);
  const approvals = settle?.status === "suspended" ? suspensionKeys(lease, settle) : [];
  const named = [answerAt, before, resultAt].filter((key) => key !== undefined);
  const all = [...STANDING, runKey(runId), ...named, ...approvals];
  return { all, answer: answerAt, result: resultAt };
}

/** The stores' shares: the checkpoint with its pin in place of the run's last one, or only that one's pin when the run completes; the closed turns, then the caller's entries. */
function sharingOf(
  { given, parts, lease }: HeldCommit,
  { snapshot, now }: HeldFacts,
  closing: Closing,
): Sharing {
  const { threadId } = lease;
  const { changes, own, checkpoint } = given;
  const last = holderIn(snapshot, lease).record.checkpointId;
  const completes = changes.settle?.status === "completed";
  const entries = [...closing.entries, ...own];
  return {
    checkpoint,
    replaces: last,
    unpin: !checkpoint && completes && last !== undefined ? parts.unpin(last) : undefined,
    history: entries.length === 0 ? undefined : parts.history(threadId, entries, now),
    own,
  };
}

/** The run as the commit leaves it, with the entry that stores it; `undefined` where it stays as it is. */
function runAfter(
  { snapshot, lease }: HeldFacts,
  settling: Settling,
  checkpointId: string | undefined,
): { readonly record: RunRecord; readonly write: ReturnType<typeof runWrite> } | undefined {
  if (!settling.run && checkpointId === undefined) return undefined;
  const before = holderIn(snapshot, lease);
  const settled = settling.run ?? before.record;
  const record = checkpointId === undefined ? settled : { ...settled, checkpointId };
  return { record, write: runWrite(record, before.revision) };
}

function recordOf(
  { given, lease }: HeldCommit,
  { approvals, next }: Settling,
  { checkpointId, history }: Shares,
  run: { readonly record: RunRecord } | undefined,
): Recorded {
  const { answer, result } = given.changes;
  const { threadId, runId, life } = lease;
  return {
    runId,
    ...(answer ? { answerTurn: answer.turn } : {}),
    ...(result ? { result: { turn: result.turn, callId: result.value.callId } } : {}),
    ...(checkpointId === undefined ? {} : { checkpointId }),
    ...(history === undefined ? {} : { history }),
    ...(run ? { run: runOf(threadId, life, { record: run.record, revision: THIS_WRITE }) } : {}),
    ...(approvals === undefined ? {} : { approvals }),
    ...(next === undefined ? {} : { next }),
  };
}
