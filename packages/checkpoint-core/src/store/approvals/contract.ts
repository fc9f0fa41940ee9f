import type { Lease } from "../lease.ts";

/** What a person decided on a tool call. */
export type Decision =
  | { readonly kind: "approve"; readonly input?: unknown }
  | { readonly kind: "deny"; readonly reason?: string }
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
  /** The record's revision: a decision may name the one that it was shown (0: only the call was shown, before it was asked about; then with the digest). */
  readonly revision: number;
}

/** A tool call that needs a person. */
export interface ApprovalRequest {
  readonly callId: string;
  readonly tool: string;
  readonly input: unknown;
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
  readonly approvalId?: string;
  readonly callId?: string;
  readonly runId?: string;
}

/** The approvals of threads. They are requested by `commit` (a suspend, or a request without suspending). */
export interface ApprovalStore {
  /** Asks for a person without suspending the run. */
  request(
    lease: Lease,
    turn: number,
    requests: readonly ApprovalRequest[],
    options: { readonly operationId: string },
  ): Promise<readonly Approval[]>;
  /**
   * The decision is recorded, or the first one stands. Unknown approval: `NOT_FOUND`; the run is final: `CONFLICT` with the outcome; other arguments than were shown
   * (`digest`, `shown`): `CONFLICT`; another life: `DeletedError`. Nothing is written in these cases.
   */
  decide(
    threadId: string,
    reference: ApprovalReference,
    decision: Decision,
    options?: {
      readonly by?: string;
      readonly digest?: string;
      readonly shown?: number;
      readonly life?: number;
      /** Names the call: its retry, after a lost acknowledgement, is told that it counted. */
      readonly operationId?: string;
    },
  ): Promise<DecideResult>;
  /** The approvals of a thread that wait for a person, oldest first. */
  pending(threadId: string): Promise<readonly Approval[]>;
  /** One approval, or `undefined`. */
  get(threadId: string, approvalId: string): Promise<Approval | undefined>;
}
