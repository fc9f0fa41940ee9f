import type {
  Approval,
  ApprovalReference,
  DecideResult,
  Message,
  Run,
  RunStatus,
  Scope,
  SettleResult,
} from "@perdure/checkpoint-core";
import type { RunOptions } from "./runOptions.ts";
import type { RunCallbacks } from "./streams/callbacks.ts";
import type { RunStream } from "./streams/subscription.ts";

/** Where a call from trusted code aims. */
export interface Target {
  /** Whose thread it is; the store's own scope when not given. */
  readonly scope?: Scope;
  /** More fields for the event that is sent, where `scope(event)` needs some. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A thread to be deleted, with whatever works on it. */
export interface DeleteThreadOptions extends Target {
  readonly threadId: string;
  /** What is said of its run; that the thread was deleted, when not given. */
  readonly reason?: string;
  /** Names the deletion, so that a late retry deletes no later life of the thread. */
  readonly operationId?: string;
}

/** A run to be started. */
export interface StartOptions extends Target, RunOptions {
  readonly threadId: string;
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Names the run: a second start with it starts nothing, and sends the event again. A new one when not given; give one where you may have to retry. */
  readonly runId?: string;
  /** For the tools, and never stored: there only where this process works on the run. */
  readonly requestContext?: unknown;
}

/** What came of a start. */
export interface StartResult {
  readonly runId: string;
  readonly threadId: string;
  /** `recorded`: its turn, the next execution begins it; `queued` behind the run that has the thread; `rejected`: nothing was recorded or sent. A run that had begun before says where it stands; of one that has ended, nothing is sent. */
  readonly status: "recorded" | "queued" | "rejected" | RunStatus;
}

/** A decision from trusted code. */
export interface DecideOptions extends Target, ApprovalReference {
  readonly threadId: string;
  readonly by?: string;
  /** The digest of what the person was shown: for anything else the decision is refused. */
  readonly digest?: string;
  /** The revision of the approval that the person was shown. */
  readonly shown?: number;
  /** The thread's life that the person was shown: in another one the decision is refused. */
  readonly life?: number;
}

/** A run, and what it waits for. */
export interface RunView {
  readonly run: Run;
  /** What a person has not decided yet, of what the run waits for. */
  readonly pending: readonly Approval[];
  /** Suspended, with enough decided: it waits for its wake-up alone. Where it stays so, `resume` sends one. */
  readonly isReady: boolean;
}

/** What is listened to. */
export interface ObserveOptions extends RunCallbacks {
  /** The first `sequenceNumber` that is given; 0 when not given. */
  readonly offset?: number;
  readonly scope?: Scope;
}

/**
 * What trusted code asks of an agent whose runs are worked on somewhere: as Inngest functions (what `createInngestAgent` returns), or in a process (`localAgent`). Each call is about the store's own
 * scope, or about the `scope` that it is given.
 */
export interface CalledAgent {
  readonly name: string;
  /** The run is recorded, and begun as soon as it has its thread. Again with the same `runId` it records nothing and starts nothing twice. */
  start(options: StartOptions): Promise<StartResult>;
  /** Records the decision, or finds the one that stands; the run goes on once enough is decided. */
  approve(options: DecideOptions & { readonly input?: unknown }): Promise<DecideResult>;
  deny(options: DecideOptions & { readonly reason?: string }): Promise<DecideResult>;
  /** Ends a run, whoever works on it. */
  cancel(
    options: Target & { readonly runId: string; readonly reason?: string },
  ): Promise<SettleResult>;
  /** Deletes a thread, with whatever works on it. */
  deleteThread(options: DeleteThreadOptions): Promise<void>;
  /** The run as it is stored, with the approvals that it waits for; `undefined` where there is no such run. */
  status(options: Target & { readonly runId: string }): Promise<RunView | undefined>;
  /** Listens to a run, from any process, from an offset on. Throws `NOT_FOUND`. */
  observe(runId: string, options?: ObserveOptions): Promise<RunStream>;
}
