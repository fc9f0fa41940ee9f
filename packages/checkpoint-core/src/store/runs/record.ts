import type { Lease } from "../lease/lease.ts";
import type { Expectation, Write } from "../../backend/contract.ts";
import { encodeId, ordinalKey } from "../../backend/keys.ts";
import { StorageError } from "../../errors.ts";
import { refuseOwnId } from "../history/append.ts";
import { isOwnId } from "../history/record.ts";
import { checkId, THIS_WRITE } from "../operation.ts";
import { encodeValue, type OpenRecord, type Snapshot } from "../partition.ts";
import { checkList, checkObject, copyOf } from "../arguments.ts";
import type { Run, RunOutcome, RunStatus } from "./contract.ts";

/** A run's record, `run/<id>`. */
export interface RunRecord {
  readonly id: string;
  readonly status: RunStatus;
  readonly input: unknown;
  /** The incoming message stands in the history. */
  readonly told: boolean;
  /** The message to be told when the run takes its thread; gone once it is told. */
  readonly message?: RunMessage;
  /** The execution that held it last. */
  readonly by?: string;
  /** Who has held it: a rerun of one of these events may go on with a failed run, if its execution is new. */
  readonly held: readonly { readonly event: string; readonly execution: string }[];
  /** The checkpoint that it goes on from: pinned until the run is final. */
  readonly checkpointId?: string;
  /** The ids of the approvals that its last suspension (and requests since) asked for. */
  readonly approvals: readonly string[];
  readonly resumeWhen: "all" | "any";
  readonly outcome?: RunOutcome;
  /** When the outcome was written, by the writer's clock. */
  readonly endedAt?: number;
  /** Where it stands in the list of failures: when it failed last, also while it is gone on with. */
  readonly failedAt?: number;
  /** Why the deployed code cannot go on with it; gone with the next claim. */
  readonly incompatible?: string;
}

/** The message that starts a run. */
export interface RunMessage {
  readonly id: string;
  readonly value: unknown;
  /** The conversation that it goes on with, told ahead of it where the history is empty. */
  readonly ahead?: readonly { readonly id: string; readonly value: unknown }[] | undefined;
}

/** Refuses a message without an id of its own, or with one that only the store gives. */
export function checkMessage(message: RunMessage | undefined): void {
  if (message === undefined) return;
  checkObject("message", message);
  const { ahead = [] } = message;
  checkList("message.ahead", ahead);
  for (const entry of [...ahead, message]) {
    checkObject("An entry of message.ahead", entry);
    checkId("message.id", entry.id);
    refuseOwnId({ known: isOwnId(entry.id) });
  }
  if (new Set([...ahead, message].map(({ id }) => id)).size <= ahead.length)
    throw new StorageError("INVALID_ARGUMENT", "Two entries of one message have the same id.");
}

/** The message as a copy of our own. */
export function copyMessage({ id, value, ahead = [] }: RunMessage): RunMessage {
  const own = { id, value: copyOf(value) };
  if (ahead.length === 0) return own;
  return { ...own, ahead: ahead.map((entry) => ({ id: entry.id, value: copyOf(entry.value) })) };
}

/** A run's record with its revision. */
export interface StoredRun {
  readonly record: RunRecord;
  readonly revision: number;
}

export function runKey(runId: string): string {
  return `run/${encodeId(runId)}`;
}

/** The stored answers of a run, by turn. */
export function answerPrefix(runId: string): string {
  return `answer/${encodeId(runId)}/`;
}

export function answerKey(runId: string, turn: number): string {
  return answerPrefix(runId) + ordinalKey(turn);
}

/** The stored results of a turn. The turn is part of the key, because providers reuse call ids. */
export function resultPrefix(runId: string, turn: number): string {
  return `result/${encodeId(runId)}/${ordinalKey(turn)}/`;
}

export function resultKey(runId: string, turn: number, callId: string): string {
  return resultPrefix(runId, turn) + encodeId(callId);
}

export function isFinal(status: RunStatus): boolean {
  return status === "completed" || status === "cancelled" || status === "superseded";
}

export function runIn(snapshot: Snapshot, runId: string): StoredRun | undefined {
  const found = snapshot.get(runKey(runId));
  return found && decodeRun(found);
}

export function decodeRun(record: OpenRecord): StoredRun {
  return { record: record.value() as RunRecord, revision: record.revision };
}

/** The entry that stores a run. */
export function runWrite(record: RunRecord, expect: Expectation): Write {
  return { op: "put", key: runKey(record.id), value: encodeValue(record), expect };
}

/** A run as callers see it. */
export function runOf(threadId: string, life: number, { record, revision }: StoredRun): Run {
  const { id, status, input, by, checkpointId, approvals, resumeWhen, outcome } = record;
  return {
    id,
    threadId,
    life,
    status,
    input,
    approvals,
    resumeWhen,
    revision,
    ...(by === undefined ? {} : { execution: by }),
    ...(checkpointId === undefined ? {} : { checkpointId }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(record.endedAt === undefined ? {} : { endedAt: new Date(record.endedAt) }),
    ...(record.incompatible === undefined ? {} : { incompatible: record.incompatible }),
  };
}

/** The run with the revision of the write that stored it. */
export function landedRun(run: Run, revision: number): Run {
  return run.revision === THIS_WRITE ? { ...run, revision } : run;
}

/** A run that nobody has held yet. */
export function newRun(
  id: string,
  status: "queued" | "running",
  input: unknown,
  message: RunMessage | undefined,
): RunRecord {
  return {
    id,
    status,
    input,
    told: false,
    held: [],
    approvals: [],
    resumeWhen: "all",
    ...(message === undefined ? {} : { message }),
  };
}

/** The same run under an execution: running, its message told, without the outcome or the mark that an earlier end left. */
export function heldRun(record: RunRecord, execution: string, event: string): RunRecord {
  const { id, input, held, checkpointId, approvals, resumeWhen, failedAt } = record;
  const known = held.some((one) => one.event === event && one.execution === execution);
  return {
    id,
    status: "running",
    input,
    told: true,
    by: execution,
    held: known ? held : [...held, { event, execution }],
    approvals,
    resumeWhen,
    ...(checkpointId === undefined ? {} : { checkpointId }),
    ...(failedAt === undefined ? {} : { failedAt }),
  };
}

/** The same run at its end. What is final needs no message any more. */
export function endedRun(record: RunRecord, outcome: RunOutcome, now: number): RunRecord {
  if (outcome.status === "failed")
    return { ...record, status: "failed", outcome, endedAt: now, failedAt: now };
  const { id, input, told, by, held, checkpointId, approvals, resumeWhen, failedAt } = record;
  return {
    id,
    status: outcome.status,
    input,
    told,
    held,
    approvals,
    resumeWhen,
    outcome,
    endedAt: now,
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(by === undefined ? {} : { by }),
    ...(checkpointId === undefined ? {} : { checkpointId }),
  };
}

/** The run that a lease is for. */
export function holderIn(snapshot: Snapshot, { runId }: Lease): StoredRun {
  const run = runIn(snapshot, runId);
  if (!run) throw new StorageError("CORRUPT", `Run ${runId} has its thread and no record.`);
  return run;
}
