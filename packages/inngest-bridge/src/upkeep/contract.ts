import type { Message, RunPage, RunStatus, Scope } from "@perdure/checkpoint-core";
import type { RunOptions } from "../runOptions.ts";

/** How often an agent is looked after. */
export interface UpkeepOptions {
  /** When a round begins; every five minutes (five plain fields, UTC) when not given. */
  readonly cron?: string;
  /** How long `store.maintain` may work in a round, in milliseconds; 10 seconds when not given. */
  readonly maintainMs?: number;
}

/** Where a call from trusted code aims: whose thread it is. */
interface Whose {
  /** The store's own scope when not given. */
  readonly scope?: Scope;
}

/** Something that is to be said later, unless the user says something first. */
export interface FollowUpOptions extends Whose, RunOptions {
  /** How long the user has, in milliseconds from now on; or the instant. */
  readonly after: number | Date;
  /** Names the follow-up within its thread: the first with a name stands. A new one when not given; give one where you may have to retry. */
  readonly id?: string;
  /** Goes into the history as the user's. Without one the agent speaks by itself: say what about in `instructions`. */
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** More fields for the events that are sent, where `scope(event)` needs some. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A follow-up as it stands. */
export interface FollowUp {
  readonly id: string;
  readonly threadId: string;
  /** The run that it starts. */
  readonly runId: string;
  readonly at: Date;
  /** `started`: its run is recorded; `agent.status({ runId })` says what came of it. `cancelled`: by hand, or because the user had replied when it was due. */
  readonly status: "waiting" | "started" | "cancelled";
  readonly reason?: string;
}

/** Which runs are listed. */
export interface ListRunsOptions extends Whose {
  readonly status?: RunStatus;
  readonly cursor?: string;
  /** Runs that a page looks at, at most; 100 when not given, at most 1,000. */
  readonly limit?: number;
}

/** A run that is to go on after its failure. */
export interface RetryOptions extends Whose {
  readonly data?: Readonly<Record<string, unknown>>;
}

/** What came of a retry. */
export interface RetryResult {
  readonly runId: string;
  readonly threadId: string;
  /** `sent`: it goes on from what is stored. Otherwise nothing is sent, and this is where the run stands. */
  readonly status: "sent" | Exclude<RunStatus, "failed">;
}

/** The calls of an agent about what went wrong, and about what is to come. */
export interface UpkeepCalls {
  /** The agent's runs: of a user where the scope names one, of a tenant otherwise. The failed ones are what needs somebody. A page may hold fewer than asked for, also none; `cursor` is there where there may be more. */
  readonly runs: {
    list(options?: ListRunsOptions): Promise<RunPage>;
  };
  /**
   * A run that has failed goes on after its last commit: no model call and no tool call that is stored is made again. Twice, it goes on once; one that does not stand as failed is answered as
   * it is, and nothing is sent. Throws `NOT_FOUND`, `INVALID_ARGUMENT` for one that worked for a call of another run, whose model has been told of the failure, and `EventNotSentError` where Inngest could not be reached.
   */
  retry(runId: string, options?: RetryOptions): Promise<RetryResult>;
  /**
   * A run starts on the thread later, unless the user has said something there by then: it is stored, and alive over restarts and lost events. It waits behind a run that has the thread, and is called
   * off also there when a reply comes first. Throws `NOT_FOUND` where there is no such thread, and `EventNotSentError` (retry it with the same `id`) where Inngest could not be reached: it is stored
   * then, and the upkeep starts it.
   */
  followUp(threadId: string, options: FollowUpOptions): Promise<FollowUp>;
  /** Calls a follow-up off, unless it is over; answers it as it stands. Throws `NOT_FOUND`. */
  cancelFollowUp(
    threadId: string,
    id: string,
    options?: Whose & { readonly reason?: string },
  ): Promise<FollowUp>;
}
