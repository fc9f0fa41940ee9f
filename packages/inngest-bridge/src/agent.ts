import type {
  Approval,
  ApprovalRequest,
  InputCheck,
  Lease,
  Message,
  Run,
  Store,
} from "@perdure/checkpoint-core";
import type { Host } from "./host.ts";
import type { Budgets } from "./budget/contract.ts";
import type { RunOptions } from "./runOptions.ts";
import type { CurrentStep } from "./steps/ambient.ts";
import type { InngestStep } from "./steps/inngestStep.ts";
import type { StepStream } from "./streams/stepStream.ts";

/**
 * An agent of any framework, as the bridge runs it: it works until it has an output or needs a person.
 *
 * What it does goes through `context.step`, so that finished work is kept and not done again. It ends by returning, never by an error that means "suspended".
 */
export interface DurableAgent {
  /** Stored with each checkpoint: an agent of another name cannot go on from it. */
  readonly name: string;
  /** The store that it was made with: its runs are kept there where nobody gives another. */
  readonly store?: Store;
  /** The names of its tools: a run that chooses another one is refused. Without them any name is taken. */
  readonly toolNames?: readonly string[];
  /** It goes on from what its thread holds: a run that brings no message to a thread without any is refused. Without it, a run may bring nothing. */
  readonly needsMessage?: boolean;
  /** Throws `IncompatibleError` for a state that this agent cannot go on from, or one of an agent that works for it. Called before a run is claimed, so that a later deploy still can. */
  check?(state: unknown, of: CheckedRun): void | Promise<void>;
  /**
   * Whether a tool takes an input that a person put in place of the model's: asked before a decision that brings one counts. What it answers is stored, so an agent whose tools
   * read the input themselves answers it as it came. Without it any input is taken.
   */
  checkInput?(tool: string, input: unknown): InputCheck | Promise<InputCheck>;
  /**
   * What is wrong with a run's budgets for this agent, in a sentence; `undefined` where it holds them. Asked before a run is recorded, and before a budget is replaced. Without it no budget
   * is taken: one that nobody holds would be ignored in silence.
   */
  checkBudgets?(budgets: Budgets): string | undefined;
  /**
   * Where a run stands that this execution has just taken, for agents that keep their progress in the store: `undefined` when it has not begun. Called in the
   * step that takes the run; what it returns goes through a step, so it is small, and is handed to `resume` in place of the checkpoint's state.
   */
  locate?(taken: Taken): Promise<unknown>;
  /** A run that has not begun. */
  run(input: AgentInput, context: AgentContext): Promise<AgentOutcome>;
  /** A run that goes on: from its last checkpoint, or from where `locate` found it. `decisions` are those that a suspension waited for. */
  resume(
    state: unknown,
    decisions: readonly Approval[],
    context: AgentContext,
  ): Promise<AgentOutcome>;
}

/** The run whose state is looked at, before anybody has it. */
export interface CheckedRun {
  readonly store: Store;
  readonly run: Run;
}

/** What a run was asked to do. The incoming message stands in the thread's history already. */
export interface AgentInput {
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What the caller asked of this run; every execution of it finds the same in its context. */
  readonly options?: RunOptions;
}

/** A run in the hands of an execution. */
export interface Taken {
  readonly store: Store;
  readonly lease: Lease;
  /** When this execution took the run, in milliseconds since 1970, where the run's time is limited. */
  readonly since?: number;
  /** For those who watch the run: what stands in the store already may be told again here. */
  readonly stream?: StepStream;
}

/** What an agent works with. */
export interface AgentContext extends Pick<Taken, "store" | "lease" | "since"> {
  readonly threadId: string;
  readonly runId: string;
  /** What the caller asked of this run; empty when nothing. */
  readonly options: RunOptions;
  /** What the caller handed along, or made for this execution: it is never stored, and there only where `createInngestAgent` makes it or the caller's own process works on the run. */
  readonly requestContext: unknown;
  /**
   * Does a piece of work once: what it returned is kept, and is what every later pass through the code gets. `id` names it by content, the same in every pass.
   * It ends quietly when the run has been taken over or its thread deleted: the code after it does not run then.
   */
  step<T>(step: StepName, work: (held: HeldStep) => Promise<T>): Promise<T>;
  /** Goes on after this many milliseconds. A step before it says that the run will be silent so long. */
  sleep(id: string, ms: number): Promise<void>;
  /** A step behind the end of the run, when its lease is given back: it commits nothing. */
  afterwards(step: StepName, work: () => Promise<void>): Promise<void>;
  /** Inngest's own tools for steps; none where a run has no Inngest. */
  readonly inngest: InngestStep | undefined;
  /**
   * Whether so many steps more would bring this execution near Inngest's limits of steps and state. An agent asks between two pieces of its work, when none is under way, and ends with
   * `continued`: a new execution goes on, with limits of its own. Never true before this execution has stored an answer or a result, so each one gets on.
   */
  nearsLimit(steps?: number): boolean;
  /** How many agents stand above this run, each of which had the next one work for it; 0 for a run that somebody asked for. */
  readonly depth: number;
  /** Where the run is carried out, for those who have other agents work within it. */
  readonly host: Host;
}

/** A step's id, and the name that it is shown under. */
export interface StepName {
  readonly id: string;
  readonly name?: string;
  /** Its work says what is shown as its input. */
  readonly shows?: boolean;
}

/** What a step's work has at hand while it holds its run. */
export interface HeldStep extends CurrentStep {
  /** Aborted when the run has been taken over. */
  readonly signal: AbortSignal;
  /** What a dashboard shows as the input of this step, where inputs are shown: of each field up to 2 KiB, and how a larger one begins. No secret, and nothing that is not stored. `fields` is called where they are shown. */
  show(fields: () => Readonly<Record<string, unknown>>): void;
  /** After this step the run will be silent for so many milliseconds at most: others wait so long before they take it for dead. With a part, until that is heard again, whatever other steps write meanwhile. */
  silence(ms: number, part?: string): Promise<void>;
  /** A part of the run's work that had said so speaks again. */
  heard(part: string): Promise<void>;
  /** For those who watch the run: pieces of what this step makes, and what it has stored. How the run comes to rest is told by `commit`. */
  readonly stream: StepStream;
  /** Writes under the lease, named by this step; sends the wake-up of the run that is next. */
  commit(changes: Parameters<Store["commit"]>[1]): Promise<Awaited<ReturnType<Store["commit"]>>>;
}

/** How a piece of an agent's work ended. */
export type AgentOutcome =
  /** `settled`: the run's outcome is stored already, in the commit of the last answer. Otherwise the bridge stores it in a step. */
  | { readonly status: "completed"; readonly output: unknown; readonly settled?: boolean }
  /** Nobody is waited for: the bridge stores the state, and wakes a new execution, which calls `resume` without decisions. Refused before this one has stored an answer or a result. */
  | { readonly status: "continued"; readonly state: unknown; readonly turn: number }
  /** The state is what `resume` gets; the bridge stores it with the approvals in one write, and goes on at once if enough has been decided. */
  | {
      readonly status: "suspended";
      readonly state: unknown;
      readonly turn: number;
      /** A function is called in the step that suspends, where the store may be read. */
      readonly approvals: readonly ApprovalRequest[] | (() => Promise<readonly ApprovalRequest[]>);
      /** Runs that work for this one and wait with it: what is asked for one that has ended is denied. Called in the same step. */
      readonly waitsFor?: () => Promise<readonly string[]>;
      readonly resumeWhen?: "all" | "any";
    };
