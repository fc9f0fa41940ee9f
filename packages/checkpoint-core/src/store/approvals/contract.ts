import type { Lease } from "../lease/lease.ts";
import type { PageOptions } from "../listing.ts";
import type { Unreadable } from "../unreadable.ts";

/** What a person decided on a tool call. */
export type Decision =
  | { readonly kind: "approve"; readonly input?: unknown }
  | { readonly kind: "deny"; readonly reason?: string | undefined }
  /** An answer in words or data, given to the model in place of the tool's result. */
  | { readonly kind: "answer"; readonly value: unknown };

/** Where an approval stands. It leaves `pending` once. */
export type ApprovalStatus = "pending" | "approved" | "denied" | "answered" | "expired";

/** A tool call that waits for a person, and the decision on it. */
export interface Approval {
  /** Made of the commit that asked and the tool call: another life, run or turn has another id, though providers reuse call ids. */
  readonly id: string;
  readonly threadId: string;
  readonly runId: string;
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  /** The arguments as they are shown to the person. */
  readonly input: unknown;
  /** SHA-256 over tool and arguments: a decision counts only for what was shown. */
  readonly digest: string;
  readonly status: ApprovalStatus;
  readonly decision?: Decision;
  /** The digest of tool and arguments as the decision changed them. */
  readonly decidedDigest?: string;
  /** Who decided, as the deciding code says. */
  readonly by?: string;
  readonly requestedAt: Date;
  readonly decidedAt?: Date;
  /** From this instant on nobody can decide any more; none where it waits for as long as it takes. */
  readonly expiresAt?: Date;
  /** The record's revision: a decision may name the one that it was shown (0: only the call was shown, before it was asked about; then with the digest). */
  readonly revision: number;
}

/** A tool call that needs a person. */
export interface ApprovalRequest {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
  /** How long the person has, in milliseconds from the asking on, at most a hundred years; as long as it takes when not given. Asked again while it is pending, the first deadline stands. */
  readonly expiresInMs?: number | undefined;
}

/** What is found out about an input that a person modified: what is stored and digested in its place, or why it is refused. Anything else is `INVALID_ARGUMENT`. */
export type InputCheck =
  | { readonly ok: true; readonly input: unknown }
  | { readonly ok: false; readonly problem: string };

/** How a decision is held to what was shown, and named. */
export interface DecideOptions {
  /** Who decides, as the deciding code says. */
  readonly by?: string | undefined;
  /** The digest of what the person was shown: for anything else the decision is refused. */
  readonly digest?: string | undefined;
  /** The revision that the person was shown. */
  readonly shown?: number | undefined;
  /** The thread's life that the person was shown. */
  readonly life?: number | undefined;
  /** Names the call: its retry, after a lost acknowledgement, is told that it counted, also when the run has ended since. */
  readonly operationId?: string | undefined;
  /**
   * Looks at an input that an approval brings, before it counts: a refusal is `INVALID_ARGUMENT` with its problem, and nothing is written. Asked only where the decision could
   * count, and once. Without it any input that can be kept is taken.
   */
  readonly check?:
    | ((approval: Approval, input: unknown) => InputCheck | Promise<InputCheck>)
    | undefined;
}

/** One page of what waits for a person. It may hold fewer than asked for, also none. */
export interface PendingPage {
  readonly approvals: readonly Approval[];
  /** What stands here and cannot be read; there exactly when there is some. Each may wait for a person. */
  readonly unreadable?: readonly Unreadable[];
  /** Where the next page goes on; there exactly when there may be more. */
  readonly cursor?: string;
}

/** What a decision answers. */
export interface DecideResult {
  /** True when this decision stands now (also when the very same one had been recorded by this call before). */
  readonly counted: boolean;
  /** The approval as it stands. When `counted` is false, the first decision is in it. */
  readonly approval: Approval;
  /** The run to be woken, whether the decision counted or not; none when the run is final. */
  readonly wake?: { readonly runId: string; readonly threadId: string; readonly life: number };
}

/** Which approval a decision means: by its own id, or by the call of a run. */
export interface ApprovalReference {
  readonly approvalId?: string | undefined;
  readonly callId?: string | undefined;
  readonly runId?: string | undefined;
}

/** The approvals of threads. They are requested by `commit` (a suspend, or a request without suspending). */
export interface ApprovalStore {
  /** Asks for a person without suspending the run. A suspension that is to wait for these names them too: then they are the same approvals, decided or not. */
  request(
    lease: Lease,
    turn: number,
    requests: readonly ApprovalRequest[],
    options: { readonly operationId: string },
  ): Promise<readonly Approval[]>;
  /**
   * The decision is recorded, or the first one stands. Unknown approval: `NOT_FOUND`; the run is final: `CONFLICT` with the outcome; other arguments than were shown
   * (`digest`, `shown`): `CONFLICT`; another life: `DeletedError`; an input that `check` refuses: `INVALID_ARGUMENT`. Nothing is written in these cases. One that comes after the
   * deadline, by the clock of this store, does not count: the approval has expired then, and is answered so.
   */
  decide(
    threadId: string,
    reference: ApprovalReference,
    decision: Decision,
    options?: DecideOptions,
  ): Promise<DecideResult>;
  /**
   * The approval has expired, if its deadline has passed by the clock of this store and nobody had decided; `counted` says whether it has, now or before. An expired call is
   * decided: the run can go on, and the model is told that nobody decided in time. No deadline: `INVALID_ARGUMENT`; else it is refused as `decide` is. `maintain` does this for all that is due.
   */
  expire(
    threadId: string,
    approvalId: string,
    options?: { readonly life?: number | undefined },
  ): Promise<DecideResult>;
  /** The approvals of a thread that wait for a person, oldest first. */
  pending(threadId: string): Promise<readonly Approval[]>;
  /**
   * The approvals that wait for a person in any thread of the scope (a user's own ones, or a tenant's), oldest first, by the clocks of those who asked. An approval that waits
   * from the first page to the last is on one of them, once. A page is one scan of 16 index partitions and one read for each thread on it; what is decided leaves the index later.
   */
  pending(options?: PageOptions): Promise<PendingPage>;
  /** One approval, or `undefined`. */
  get(threadId: string, approvalId: string): Promise<Approval | undefined>;
}
