import type { Message, Store } from "@perdure/checkpoint-core";
import type { Budgets } from "../budget/contract.ts";
import type { ContinueAt } from "../continuing.ts";
import type { EventDecision } from "../inngest/events.ts";
import type { ApprovalSummary, RunReport } from "../report.ts";
import type { RunOptions } from "../runOptions.ts";

/** How an agent works in a function of the user's own. */
export interface AsStepOptions {
  /** Where its runs are kept; the agent's own store, or the one behind its checkpointer, when not given. */
  readonly store?: Store;
  /** What the ids of its steps begin with; `ziro:agent:run` and `ziro:agent:resume` when not given. */
  readonly stepId?: string;
  /** Throws `InngestAgentSuspendedError` where the run waits for a person, in place of answering `suspended`: the function ends as failed. */
  readonly throwOnSuspend?: boolean;
  /** As Ziro has it. A state is always stored: `false` is refused. */
  readonly persistSuspended?: true;
  /** When the run goes on in a new execution, as `createInngestAgent` has it. */
  readonly continueAt?: ContinueAt;
}

/** A run that an agent begins. */
export interface RunAsStepOptions extends AsStepOptions, RunOptions {
  readonly threadId: string;
  readonly prompt?: string;
  /** Instead of a prompt; the last one is the user's. */
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Names the run; made from the event, the thread and what is asked when not given, so that a rerun means the same one. */
  readonly runId?: string;
  /** What it does that finds its thread taken: it gives up (`reject`, the default), or cancels the run that has it. */
  readonly whenBusy?: "reject" | "cancel";
}

/** How a run goes on. Budgets take the place of the run's from then on, with what it has used up already. */
export interface ResumeAsStepOptions extends AsStepOptions, Budgets {
  /** By call id, in Ziro's words. The code that calls vouches for them. A call without one, or with `suspend`, goes on waiting. */
  readonly decisions?: Readonly<Record<string, EventDecision>>;
  /** The run is the one that wrote this checkpoint; without it and `runId`, the one that has the thread. */
  readonly checkpointId?: string | undefined;
  readonly runId?: string;
  /** Who decides. */
  readonly by?: string;
  /** The revision of the failure that is retried. */
  readonly retry?: number;
}

/** What an agent gave, or what it waits for. Neither where the thread was taken, another execution works on the run, or it ended otherwise: `report` says which. */
export interface AsStepResult<Output = unknown> {
  /** What the run gives: of our loop a `LoopOutput`, of a Ziro agent what it returned. */
  readonly result?: Output;
  readonly suspended?: Suspended;
  readonly report: RunReport;
}

/** A run that waits for a person. */
export interface Suspended {
  /** The state as it is stored; above 32 KiB its size and how it begins, because Inngest keeps what a function returns. The whole of it is `store.checkpoints.get(threadId, checkpointId)`. */
  readonly snapshot: unknown;
  readonly checkpointId?: string | undefined;
  /** What it waits for. */
  readonly approvals: readonly ApprovalSummary[];
}
