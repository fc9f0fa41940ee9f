import { DeletedError, StorageError } from "../../errors.ts";
import { landedApprovals } from "../approvals/ask.ts";
import type { Approval } from "../approvals/contract.ts";
import type { AppendResult } from "../history/contract.ts";
import type { OpenRecord, Partition } from "../partition.ts";
import type { StoreContext } from "../context.ts";
import { LIFE, lifeIn } from "../life/life.ts";
import { storedIn } from "../runs/closing.ts";
import type { Run } from "../runs/contract.ts";
import { answerKey, landedRun, resultKey } from "../runs/record.ts";
import type { CommitResult } from "./contract.ts";

/** A commit's answer as its operation record keeps it: what other records hold, and never change, is named; the rest is here. */
export interface Recorded {
  readonly runId?: string;
  readonly answerTurn?: number;
  readonly result?: { readonly turn: number; readonly callId: string };
  readonly checkpointId?: string;
  readonly history?: Pick<AppendResult, "ids" | "cursors">;
  readonly run?: Run;
  readonly approvals?: readonly Approval[];
  /** The run that is next; its wake-up is named by the revision of the write. */
  readonly next?: string;
}

export type Committed = Extract<CommitResult, { readonly status: "committed" }>;

/** The answer of a write that landed with this revision, now or (`replayed`) before. */
export function committed(
  recorded: Recorded,
  stored: Pick<Committed, "answer" | "result">,
  revision: number,
  replayed: boolean,
): Committed {
  const { checkpointId, history, run, approvals, next } = recorded;
  return {
    status: "committed",
    replayed,
    ...stored,
    ...(checkpointId === undefined ? {} : { checkpointId }),
    ...(history === undefined ? {} : { history: { ...history, replayed } }),
    ...(run === undefined ? {} : { run: landedRun(run, revision) }),
    ...(approvals === undefined ? {} : { approvals: landedApprovals(approvals, revision) }),
    ...(next === undefined ? {} : { next: { runId: next, fence: revision } }),
  };
}

/** The first answer to an operation, with the answer and the result as they are stored: read once more with the owner, so that another life's are never told. */
export async function replayCommit(
  context: StoreContext,
  partition: Partition,
  done: OpenRecord,
  now: number,
): Promise<Committed> {
  const recorded = done.value() as Recorded;
  const { runId = "", answerTurn, result } = recorded;
  const answer = answerTurn === undefined ? undefined : answerKey(runId, answerTurn);
  const key = result && resultKey(runId, result.turn, result.callId);
  const keys = [answer, key].filter((one) => one !== undefined);
  if (keys.length === 0) return committed(recorded, {}, done.revision, true);
  const snapshot = await partition.read([LIFE, done.key, ...keys], now);
  if (!lifeIn(context, snapshot) || snapshot.get(done.key)?.revision !== done.revision)
    throw new DeletedError("The thread was deleted while its commit was read.");
  const stored = storedIn(snapshot, answer, key);
  if (keys.some((one) => !snapshot.has(one)))
    throw new StorageError(
      "NOT_FOUND",
      "The commit was made, and what it stored has been removed since.",
    );
  return committed(recorded, stored, done.revision, true);
}
