import type { Expectation, Write } from "../../backend/contract.ts";
import { readApprovals } from "../approvals/ask.ts";
import type { Approval } from "../approvals/contract.ts";
import { approvalOf } from "../approvals/record.ts";
import { operationWrite, THIS_WRITE } from "../operation.ts";
import { LEASE, lifeCheck } from "../life/life.ts";
import type { Decision } from "../transact.ts";
import { goneCheckpoint, landedAnswer } from "./answer.ts";
import { type Ask, askedRun } from "./ask.ts";
import type { BeginAnswer, Run } from "./contract.ts";
import type { Lease } from "../lease/lease.ts";
import { listOpenThread } from "./open-threads.ts";
import { type Joined, joinParts, withoutDoubles } from "./parts.ts";
import { heldRun, newRun, type RunRecord, runWrite, type StoredRun } from "./record.ts";
import { indexRun } from "./run-index.ts";
import { leaseWrite, pulseWrite, type Standing } from "../lease/standing.ts";
import { type Ending, historyParts } from "./supersede.ts";
import { toldEntries, toldWrites } from "./told.ts";

/** How a row takes the thread for the asked run. */
export interface Taking {
  /** The run as it is, or as it would be recorded; absent in the store when `expect` says so. */
  readonly record: RunRecord;
  readonly expect: Expectation;
  /** `any`, or the revision that a challenger saw. */
  readonly pulse?: Expectation;
  /** How often in a row it is taken over, this time counted; none where nobody had it. */
  readonly takeovers?: number;
  /** The end of the run that had the thread. */
  readonly ending?: Ending;
}

/**
 * The asked run holds its thread: operation, (the superseded run,) lease, run, pulse, life, (what closes the superseded run,) history. The thread is listed as open before
 * the write, which expects the lease as it was read before that.
 */
export async function lease(ask: Ask, taking: Taking): Promise<Decision<BeginAnswer>> {
  const { context, options, standing, now, op } = ask;
  const { runId, execution, ms } = options;
  const { record, expect, pulse = "any", ending } = taking;
  const taken = taking.takeovers === undefined ? {} : { takeovers: taking.takeovers };
  const held = heldRun(record, execution, options.event);
  const { state, decisions } = await heldState(ask, record);
  const shares = await sharesOf(ask, taking);
  const run = askedRun(ask, { record: held, revision: THIS_WRITE });
  const answer = {
    ...leasedAnswer(ask, THIS_WRITE, run, decisions, ending?.record.id),
    ...taken,
  };
  const writes = withoutDoubles([
    operationWrite(op, answer, now, context.operationTtlMs),
    ...(ending ? [ending.run] : []),
    leaseWrite({ run: runId, execution, ms, ...taken }, standing.fence),
    runWrite(held, expect),
    pulseWrite(ms, pulse),
    lifeCheck(standing.life),
    ...(ending?.writes ?? []),
    ...shares.writes,
  ]);
  ask.partition.check(writes);
  if (expect === "absent")
    await indexRun(context, { runId, threadId: ask.threadId, life: standing.life }, now);
  await listOpenThread(context, ask.threadId, now);
  return {
    writes,
    landed(revision) {
      shares.landed(revision);
      return { ...landedAnswer(answer, revision), ...state };
    },
  };
}

/** The execution that holds the run asks again in another step: it gets the lease that it has. */
export async function leaseAgain(ask: Ask, run: StoredRun): Promise<Decision<BeginAnswer>> {
  const { context, options, standing, now, op } = ask;
  const { state, decisions } = await heldState(ask, run.record);
  const answer = leasedAnswer(ask, standing.fence, askedRun(ask, run), decisions);
  return {
    writes: [
      operationWrite(op, answer, now, context.operationTtlMs),
      { op: "check", key: LEASE, expect: standing.fence },
      pulseWrite(options.ms, "any"),
      lifeCheck(standing.life),
    ],
    landed: () => ({ ...answer, ...state }),
  };
}

/** A thread that is not there yet, with a life that takes as many digits as any. */
const NOBODY: Standing = {
  life: { revision: Number.MAX_SAFE_INTEGER, createdAt: 0 },
  lease: {},
  fence: 0,
  queue: [],
  queueExpect: "absent",
  pulse: { revision: 0, ms: 0 },
};

/** What a begin that makes its thread stores of what it was given: to be checked before the thread is made. */
export function firstWrites(asking: Omit<Ask, "standing" | "run">): readonly Write[] {
  const { context, options, now, op } = asking;
  const { runId, execution, event, input, message } = options;
  const ask: Ask = { ...asking, standing: NOBODY };
  const record = heldRun(newRun(runId, "running", input, undefined), execution, event);
  const run = askedRun(ask, { record, revision: THIS_WRITE });
  const answer = leasedAnswer(ask, Number.MAX_SAFE_INTEGER, run, []);
  return [
    operationWrite(op, answer, now, context.operationTtlMs),
    runWrite(record, "absent"),
    ...toldWrites(message, now),
  ];
}

type Leased = Extract<BeginAnswer, { readonly status: "leased" }>;

function leasedAnswer(
  { options, standing, threadId }: Ask,
  fence: number,
  run: Run,
  decisions: readonly Approval[],
  superseded?: string,
): Leased {
  const { runId, execution } = options;
  const held: Lease = { threadId, runId, execution, fence, life: standing.life.revision };
  const answer = { status: "leased", lease: held, run, decisions } as const;
  return superseded === undefined ? answer : { ...answer, superseded };
}

/** The pins and the history: the message of the superseded run and its turn, then this run's own message. */
async function sharesOf(ask: Ask, { record, ending }: Taking): Promise<Joined> {
  const { partition, options, now } = ask;
  const message = record.told ? undefined : (record.message ?? options.message);
  const ended = ending?.entries ?? [];
  const told = message ? toldEntries(message) : [];
  const own = ended.length === 0 ? told : told.filter(({ ahead }) => !ahead);
  const entries = [...ended, ...own];
  const parts = [...(ending?.unpin ?? []), ...historyParts(ask, entries)];
  return joinParts(partition, now, parts);
}

/** What the run goes on from: the state of its own checkpoint, and what has been decided. A checkpoint that is gone leaves the run as it is. */
async function heldState(
  { parts, partition, threadId, now }: Ask,
  record: RunRecord,
): Promise<{
  readonly state?: { readonly state: unknown };
  readonly decisions: readonly Approval[];
}> {
  const stored = await readApprovals(partition, record.approvals, now);
  const decisions = stored
    .filter((one) => one.record.status !== "pending")
    .map((one) => approvalOf(threadId, one));
  if (record.checkpointId === undefined) return { decisions };
  const state = await parts.state(threadId, record.checkpointId, now);
  if (!state) throw goneCheckpoint(record.checkpointId, record.id);
  return { state, decisions };
}
