import type { UserChange } from "../../codec/change.ts";
import type { Approval, ApprovalRequest } from "../approvals/contract.ts";
import type { AppendResult, NewEntry } from "../history/contract.ts";
import type { Lease } from "../lease/lease.ts";
import type { Answer, ToolResult } from "../messages.ts";
import type { OperationOptions } from "../operation.ts";
import type { Run } from "../runs/contract.ts";

/**
 * What becomes true of one thread in one write: all of it or none.
 *
 * A commit under a lease checks the fence and moves the pulse. One that stores answer n + 1, or settles, closes turn n: its message and its results, as stored,
 * go into the history; a call without a result gets its stated text (`unfinished`, or a text of ours).
 */
export interface Commit {
  /** Stored under the run and the turn. One that is there already *is* the answer, and comes back. Turns count from 1. */
  readonly answer?: { readonly turn: number; readonly value: Answer } | undefined;
  /** Stored under the run, the turn and the call, likewise. */
  readonly result?: { readonly turn: number; readonly value: ToolResult } | undefined;
  /** Texts for calls of the turn being closed that have no result, by call id (denied, expired, skipped). */
  readonly unfinished?: Readonly<Record<string, string>> | undefined;
  /** Appended to the history. */
  readonly history?: readonly NewEntry[] | undefined;
  /**
   * A checkpoint, whole or as a change on its parent; it becomes the head. Under a lease it is the one that the run goes on from, whatever was put meanwhile; without one
   * a parent that is not the head is a `ConflictError`.
   */
  readonly checkpoint?:
    | { readonly state: unknown; readonly metadata?: Readonly<Record<string, unknown>> | undefined }
    | {
        readonly parentId: string;
        readonly changes: readonly UserChange[];
        readonly metadata?: Readonly<Record<string, unknown>> | undefined;
      }
    | undefined;
  /** The run's end, or its suspension on approvals of a turn (none: it goes on at once in a new execution). */
  readonly settle?:
    | { readonly status: "completed"; readonly output: unknown }
    | {
        readonly status: "failed";
        readonly error: { readonly name: string; readonly message: string };
      }
    | {
        readonly status: "suspended";
        readonly turn: number;
        readonly approvals: readonly ApprovalRequest[];
        readonly resumeWhen?: "all" | "any" | undefined;
      }
    | undefined;
  /** How long the holder may be silent from now on, in milliseconds; what `begin` said when not given. */
  readonly ms?: number | undefined;
}

/** What is stored now. */
export type CommitResult =
  | {
      /** The write landed, now or when this operation was first made. */
      readonly status: "committed";
      readonly replayed: boolean;
      /** The stored answer: another delivery's, where that came first, and then nothing else of this commit was done. Go on with this one. */
      readonly answer?: Answer;
      readonly result?: ToolResult;
      readonly checkpointId?: string;
      readonly history?: AppendResult;
      /** The run, where it was settled or got a checkpoint: without it a settling that was asked for has not happened. */
      readonly run?: Run;
      readonly approvals?: readonly Approval[];
      /** The run to be woken next, also on a replay: the head of the queue, or this run itself when it suspended without approvals. The fence names the wake-up. */
      readonly next?: { readonly runId: string; readonly fence: number };
    }
  /** Nothing was suspended, because enough has been decided meanwhile: go on with these decisions. */
  | { readonly status: "goOn"; readonly decisions: readonly Approval[] };

/** How a commit is named and held. Without a lease it expects nothing of runs, and takes only `history` and `checkpoint`. A strict one is compared without its lease. */
export interface CommitOptions extends OperationOptions {
  readonly operationId: string;
  readonly lease?: Lease | undefined;
}
