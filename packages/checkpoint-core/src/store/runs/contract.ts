import type { Approval } from "../approvals/contract.ts";
import type { Lease } from "../lease/lease.ts";
import type { PageOptions } from "../listing.ts";
import type { Answer, ToolResult } from "../messages.ts";
import type { Unreadable } from "../unreadable.ts";

/** Where a run stands. Completed, cancelled and superseded are final. */
export type RunStatus =
  | "queued"
  | "running"
  | "suspended"
  | "failed"
  | "completed"
  | "cancelled"
  | "superseded";

/** What came of a run. */
export type RunOutcome =
  | { readonly status: "completed"; readonly output: unknown }
  | {
      readonly status: "failed";
      readonly error: { readonly name: string; readonly message: string };
    }
  | { readonly status: "cancelled"; readonly reason?: string }
  | { readonly status: "superseded"; readonly by: string };

/** A run as it is stored. */
export interface Run {
  readonly id: string;
  readonly threadId: string;
  readonly life: number;
  readonly status: RunStatus;
  readonly input: unknown;
  /** The execution that worked on it last. */
  readonly execution?: string;
  /** The checkpoint that it goes on from. */
  readonly checkpointId?: string;
  /** The ids of the approvals that it waits for. */
  readonly approvals: readonly string[];
  readonly resumeWhen: "all" | "any";
  readonly outcome?: RunOutcome;
  /** When the outcome was written, by the writer's clock. */
  readonly endedAt?: Date;
  /** Why the deployed code cannot go on with it, where `incompatible` said so. */
  readonly incompatible?: string;
  /** The record's revision: `retry` names the failure that it retries by it. */
  readonly revision: number;
}

/** Who asks to work on a run, and with what. */
export interface BeginOptions {
  /** One space for a tenant: an id that another thread uses, whoever's it is, is refused as taken, and nothing else is told of it. Make it hard to guess where users may not meet. */
  readonly runId: string;
  /** The execution that asks: one Inngest run of one function. */
  readonly execution: string;
  /** Names this call: the same execution and step again get the first answer. */
  readonly operationId: string;
  /** The id of the event that triggered the execution. */
  readonly event: string;
  /** The life that the event carries; an event from elsewhere carries none. */
  readonly life?: number | undefined;
  /** What the run was asked to do; stored with it. */
  readonly input?: unknown;
  /** The incoming message: it stands in the history from the moment on at which the run takes its thread, once. */
  readonly message?:
    | {
        readonly id: string;
        readonly value: unknown;
        /** The conversation that the message goes on with: in the same write, ahead of it, where the history is empty at that moment, and nowhere otherwise. */
        readonly ahead?: readonly { readonly id: string; readonly value: unknown }[] | undefined;
      }
    | undefined;
  /** How long the holder may be silent before a challenger may take over, in milliseconds of the challenger's own time. */
  readonly ms: number;
  /** What to do when another run has the thread. `queue` when not given. */
  readonly whenBusy?: "queue" | "reject" | "cancel" | undefined;
  /** The pulse that a challenger saw, the stored length of time ago: taking over expects it unmoved. */
  readonly seen?: number | undefined;
  /** The revision of the failure that this retries. */
  readonly retry?: number | undefined;
}

/** What `begin` and `claim` answer. */
export type BeginAnswer =
  /** The run has its thread and this execution works on it. `state` is that of the run's own checkpoint. */
  | {
      readonly status: "leased";
      readonly lease: Lease;
      readonly run: Run;
      readonly state?: unknown;
      readonly decisions: readonly Approval[];
      /** The run that this one has superseded: nobody works on it who could say so. */
      readonly superseded?: string;
      /** How often in a row, this time counted, the run was taken over from an execution that had stored nothing (no answer, result, checkpoint or message); there where it was taken over. */
      readonly takeovers?: number;
    }
  /** Another execution works on this run. Wait `ms` by your own time, then ask again with `seen`. */
  | { readonly status: "busy"; readonly run: Run; readonly seen: number; readonly ms: number }
  /** Recorded behind the runs that have the thread; a wake-up starts it. The execution ends. */
  | { readonly status: "queued"; readonly run: Run }
  /** Another run has the thread, and `whenBusy` said to give up. No run was recorded. */
  | { readonly status: "rejected" }
  /** Suspended, and not enough has been decided. */
  | { readonly status: "waiting"; readonly run: Run; readonly pending: readonly Approval[] }
  /** Nothing is left to do: the outcome stands, or there is no such run, or the thread's life has ended. */
  | { readonly status: "ended"; readonly reason: "final" | "failed"; readonly run: Run }
  | { readonly status: "ended"; readonly reason: "gone" | "deleted" };

/** What a settle left behind: the run that is next in the queue must be woken, by whoever gets this answer. */
export interface SettleResult {
  readonly run: Run;
  readonly replayed: boolean;
  /** The run that the thread was handed to, with the lease revision that names its wake-up. */
  readonly next?: { readonly runId: string; readonly fence: number };
}

/** Whether a lease still holds, and what is stored at the place that was looked at. */
export interface Look {
  readonly held: boolean;
  readonly answer?: Answer;
  readonly result?: ToolResult;
}

/** What is stored of a turn. */
export interface StoredTurn {
  readonly held: boolean;
  readonly answer?: Answer;
  /** By call id. */
  readonly results: ReadonlyMap<string, ToolResult>;
}

/** One page of runs. With a status it may hold fewer than asked for, also none. */
export interface RunPage {
  readonly runs: readonly Run[];
  /** What stands here and cannot be read; there exactly when there is some. A list of one status tells it too: its status cannot be read. */
  readonly unreadable?: readonly Unreadable[];
  /** Where the next page goes on; there exactly when there may be more. */
  readonly cursor?: string;
}

/** Another input for a run, held to the run as it was read. */
export interface AmendOptions {
  readonly input: unknown;
  /** The run's revision as it was read: for another one it is a `ConflictError`, and nothing is written. */
  readonly revision: number;
  /** Names the call: its retry gets the first answer. */
  readonly operationId: string;
}

/** What became of the input. */
export interface AmendResult {
  /** False where the run has ended for good: it stays as it is. */
  readonly amended: boolean;
  /** The run's revision behind this call: a failure that is retried goes by it now. */
  readonly revision: number;
  readonly run: Run;
}

/** A thread that a run has. */
export interface ThreadStanding {
  readonly threadId: string;
  readonly tenant?: string;
  /** The thread's owner. */
  readonly user?: string;
  /** The run that has it. */
  readonly run: Run;
  /**
   * `held`: an execution works on it, or has died. `due`: nobody works on it and it may go on: its event was lost, or is on its way. `waiting`: for a person, or for a deploy that can go on
   * with it.
   */
  readonly state: "held" | "due" | "waiting";
  /** The revision of the lease: it stays while the thread does not change hands. */
  readonly fence: number;
  /** Of one that is held: the pulse, and how long the holder may be silent, in milliseconds. Wait as long by your own time; one that has not moved then is dead, and is taken over by naming `seen`. */
  readonly seen: number;
  readonly ms: number;
}

/** One page of the threads that runs have. It may hold fewer than asked for, also none. */
export interface OpenPage {
  readonly threads: readonly ThreadStanding[];
  /** What stands here and cannot be read; there exactly when there is some. */
  readonly unreadable?: readonly Unreadable[];
  /** Where the next page goes on; there exactly when there may be more. */
  readonly cursor?: string;
}

/** Runs, their leases and their outcomes. */
export interface RunStore {
  /** Records a run before its event is sent, so that an execution which dies before `begin` leaves something to be found. */
  start(
    threadId: string,
    options: Pick<BeginOptions, "runId" | "input" | "message" | "whenBusy">,
  ): Promise<
    | {
        readonly status: "recorded" | "queued";
        readonly run: Run;
        readonly replayed: boolean;
        /** The run that this one has superseded; a replay does not know it any more. */
        readonly superseded?: string;
      }
    | { readonly status: "rejected" }
  >;
  /** A run takes its thread, or goes on with it. */
  begin(threadId: string, options: BeginOptions): Promise<BeginAnswer>;
  /** The same as `begin` for a run that exists already; it never creates one. */
  claim(threadId: string, options: BeginOptions): Promise<BeginAnswer>;
  /** The holder writes the outcome, and the thread goes to the head of its queue in the same write. */
  settle(
    lease: Lease,
    outcome: Extract<RunOutcome, { readonly status: "completed" | "failed" }>,
    options: { readonly operationId: string },
  ): Promise<SettleResult>;
  /** An execution failed or was cancelled from outside. Counts only while that execution holds the lease; otherwise nothing is written. */
  notice(
    threadId: string,
    notice: {
      readonly runId: string;
      readonly execution: string;
      readonly outcome: Extract<RunOutcome, { readonly status: "failed" | "cancelled" }>;
    },
  ): Promise<SettleResult | undefined>;
  /** The run is cancelled, whoever holds it; a final one is answered as it is. */
  cancel(runId: string, options?: { readonly reason?: string | undefined }): Promise<SettleResult>;
  /**
   * The deployed code cannot go on with this run, found out before it was claimed: a queued one fails and leaves its place, a suspended one is marked and keeps its thread. Any
   * other is answered as it is.
   */
  incompatible(runId: string, options: { readonly message: string }): Promise<SettleResult>;
  /** Puts another input in the place of a run's: whoever takes the run next finds it, and an execution that works on it goes on with what it has. */
  amend(runId: string, options: AmendOptions): Promise<AmendResult>;
  /** The holder is about to be silent for this long (a sleep, a back-off): challengers wait as long. */
  pulse(
    lease: Lease,
    options: {
      readonly ms: number;
      /** Says it of one part of the work alone: what its other parts write meanwhile does not shorten it, until `heard`. */
      readonly part?: string | undefined;
    },
  ): Promise<void>;
  /** A part of the holder's work speaks again: its silence is over. */
  heard(lease: Lease, part: string): Promise<void>;
  /** The run, found by its id alone; `undefined` where there is none. */
  get(runId: string): Promise<Run | undefined>;
  /**
   * The runs of the scope (a user's own ones, or a tenant's), those first that were recorded last; `failed` ones, the dead letters, by their failure. A run that does not change
   * meanwhile is on one page and no other. `failed` is a list of its own; for any other status a page looks at 100 runs, or `limit` if that is more.
   */
  list(options?: PageOptions & { readonly status?: RunStatus | undefined }): Promise<RunPage>;
  /** The run that has the thread, whether an execution works on it or not. */
  holding(threadId: string): Promise<Run | undefined>;
  /** The same, with what tells whether it goes on by itself: for whoever wakes what was forgotten. */
  standing(threadId: string): Promise<ThreadStanding | undefined>;
  /** One read, for a step: does the lease hold, and is the turn's answer (or with a call id that call's result) stored already? Look before an effect. */
  look(
    lease: Lease,
    at?: { readonly turn?: number | undefined; readonly callId?: string | undefined },
  ): Promise<Look>;
  /** What is stored of a turn: the model's answer and the results of its calls; with `all` also what stands there under other names, as what the steps of tools gave. */
  turn(
    lease: Lease,
    turn: number,
    options?: { readonly all?: boolean | undefined },
  ): Promise<StoredTurn>;
}
