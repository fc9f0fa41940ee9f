import type { Write } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { HistoryPart, NamedEntry } from "../history/append.ts";
import type { Part } from "../part.ts";
import type { Partition } from "../partition.ts";
import { closeOpenTurn } from "./closing.ts";
import type { RunOutcome } from "./contract.ts";
import type { RunParts } from "./parts.ts";
import { endedRun, type RunRecord, runIn, runKey, runWrite, type StoredRun } from "./record.ts";
import { toldEntries } from "./told.ts";

/** What ends a run from outside: its own entry, the entries that close its open turn, and what the history and the exceptions get. */
export interface Ending {
  readonly record: RunRecord;
  readonly run: Write;
  readonly writes: readonly Write[];
  readonly entries: readonly NamedEntry[];
  readonly unpin: readonly Part<unknown>[];
}

/** Where a run is ended. */
export interface EndingPlace {
  readonly parts: RunParts;
  readonly partition: Partition;
  readonly threadId: string;
  readonly now: number;
}

/** The texts that calls without a result get in a turn that is closed from outside. */
const CUT_SHORT = {
  superseded: "Another run took over before this call was finished.",
  cancelled: "The run was cancelled before this call was finished.",
} as const;

/**
 * The run that has the thread is superseded: its message and its open turn go into the history, and its next answer must not have been stored (an answer in hand would be lost).
 */
export async function supersede(place: EndingPlace, runId: string, by: string): Promise<Ending> {
  const { partition, now } = place;
  const run = runIn(await partition.read([runKey(runId)], now), runId);
  if (!run) throw new StorageError("CORRUPT", `Run ${runId} has its thread and no record.`);
  const ending = await endHolder(place, run, { status: "superseded", by });
  const { message, told } = run.record;
  return message && !told
    ? { ...ending, entries: [...toldEntries(message), ...ending.entries] }
    : ending;
}

/** The run that has the thread ends: its open turn is closed with the results as stored, its pin goes. */
export async function endHolder(
  place: EndingPlace,
  run: StoredRun,
  outcome: Extract<RunOutcome, { readonly status: "cancelled" | "superseded" }>,
): Promise<Ending> {
  const { partition, now } = place;
  const reader = { partition, runId: run.record.id, now };
  const closing = await closeOpenTurn(reader, CUT_SHORT[outcome.status]);
  return { ...endRun(place, run, outcome), ...closing };
}

/** A run that does not have the thread ends: nothing of it goes into the history. */
export function endRun({ parts, now }: EndingPlace, run: StoredRun, outcome: RunOutcome): Ending {
  const record = endedRun(run.record, outcome, now);
  const { checkpointId } = run.record;
  const pinned = outcome.status !== "failed" && checkpointId !== undefined;
  return {
    record,
    run: runWrite(record, run.revision),
    writes: [],
    entries: [],
    unpin: pinned ? [parts.unpin(checkpointId)] : [],
  };
}

/** The share of the history in a write; none where there is nothing to append. */
export function historyParts(
  { parts, threadId, now }: EndingPlace,
  entries: readonly NamedEntry[],
): readonly HistoryPart[] {
  return entries.length === 0 ? [] : [parts.history(threadId, entries, now)];
}
