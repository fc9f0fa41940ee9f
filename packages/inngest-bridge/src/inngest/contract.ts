import type {
  Approval,
  DecideResult,
  Decision,
  Message,
  Scope,
  SettleResult,
  Store,
} from "@perdure/checkpoint-core";
import type { EventType, Inngest, InngestFunction, Middleware } from "inngest";
import type { DurableAgent } from "../agent.ts";
import type { ContinueAt } from "../continuing.ts";
import type { Budgets } from "../budget/contract.ts";
import type { RunOptions } from "../runOptions.ts";
import type { FunctionCallbacks } from "../streams/callbacks.ts";
import type { Publisher } from "../streams/publisher.ts";
import type { RunStream } from "../streams/subscription.ts";
import type {
  DecideOptions,
  DeleteThreadOptions,
  RunView,
  StartOptions,
  StartResult,
  Target,
} from "../target.ts";
import type { UpkeepCalls, UpkeepOptions } from "../upkeep/contract.ts";
import type { INNGEST_AGENT } from "./brand.ts";
import type { ReplacedFunction } from "./replacing.ts";
import type { ResumeOptions, RunCalls } from "./runCalls.ts";
import type { WaitInRun } from "./waitInRun.ts";

/** An event as a function gets it. */
export interface IncomingEvent {
  readonly id?: string;
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly user?: unknown;
}

/** Who asks to decide in an event, and on what. */
export interface AuthorizeRequest {
  readonly scope: Scope;
  readonly threadId: string;
  readonly runId: string;
  readonly callId: string;
  /** The approval as it is stored; none when the run has not asked yet. */
  readonly approval: Approval | undefined;
  readonly decision: Decision;
  /** Who the event says decides. It is a claim, not a proof. */
  readonly by: string | undefined;
  readonly source: IncomingEvent;
}

/** Whether a decision in an event counts: `true`, or a text that is who decided, as you know them. Anything else, also no answer or an empty text, refuses it. */
export type Authorize = (request: AuthorizeRequest) => boolean | string | Promise<boolean | string>;

/** The options that every Inngest function takes, but for those that the bridge sets itself. */
export type FunctionOptions = Omit<InngestFunction.Options, "id" | "name" | "triggers"> & {
  readonly middleware?: readonly Middleware.Class[];
};

/** What starts a run beside its event: an event of yours, or a time. */
export type FunctionTrigger =
  | { readonly event: string | EventType<string, never>; readonly if?: string }
  | { readonly cron: string }
  | EventType<string, never>;

/** What an event of yours asks for. */
export interface EventInput extends RunOptions {
  readonly threadId: string;
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Made from the event's id when not given. */
  readonly runId?: string;
}

/** What an Inngest agent is made of. The callbacks are called in its functions, each in a step of its own. */
export interface InngestAgentOptions extends FunctionCallbacks {
  readonly inngest: Inngest.Any;
  readonly agent: DurableAgent;
  /** The agent's own store, or the one behind its checkpointer, when not given. */
  readonly store?: Store;
  /** The functions are `${id}:run`, `${id}:resume`, `${id}:cancelled`, `${id}:due`, `${id}:upkeep` and, with `cancelOn`, `${id}:watch`; the agent's name when not given. It holds no quotation mark, no backslash and no control character. */
  readonly id?: string;
  readonly name?: string;
  /** For those who come from a function of their own, or of a framework's: the one that runs takes its place, under its id. */
  readonly replaces?: ReplacedFunction;
  /** Passed to the functions that run and resume; `retries` is 3 when not given. */
  readonly functionOptions?: FunctionOptions;
  /** The names of the events. Two agents in one app need events of their own. That of the resume event holds no quotation mark, no backslash and no control character. */
  readonly runEvent?: string;
  readonly resumeEvent?: string;
  /** What starts a run beside `runEvent`, each with what `input` makes of it. */
  readonly triggers?: readonly FunctionTrigger[];
  /** What an event asks for, made in a step. With it no payload is read as it is: `start` and its sisters wake their recorded runs by the resume event. */
  readonly input?: (event: IncomingEvent) => EventInput | Promise<EventInput>;
  /** What the tools get as `requestContext` where the caller handed nothing along; made in each execution and never stored. */
  readonly requestContext?: (event: IncomingEvent) => unknown;
  /** Whose data an event is about, said at once and not by a promise. Without it, the store's own scope: a payload never decides it. An answer that is no scope fails the event. */
  readonly scope?: (event: IncomingEvent) => Scope;
  /** Judges decisions that come in events. */
  readonly authorize?: Authorize;
  /** Lets every decision in an event count: only where nobody else can send events. */
  readonly trustEvents?: boolean;
  /** What a run does that finds its thread taken; `queue` when not given. */
  readonly whenBusy?: "queue" | "reject" | "cancel";
  /** How long an execution may be silent before another takes its run over, in milliseconds; 2 minutes when not given. */
  readonly silenceMs?: number;
  /** How often in a row a run is taken over while nothing of it is stored in between; 10 when not given. The next execution that takes it over ends it: `TakeoversExceededError`, which `retry` goes on from. */
  readonly maxTakeovers?: number;
  /** When a run goes on in a new execution, before this one meets Inngest's limits. */
  readonly continueAt?: ContinueAt;
  /** A suspended run waits in the execution that suspended it, for those who want one trace. Without it the execution ends, and a decision starts a new one. */
  readonly waitInRun?: WaitInRun;
  /** How long a person has for a call whose tool says nothing of it, in milliseconds; as long as it takes when not given. Then the model is told that nobody decided in time. */
  readonly approvalTtlMs?: number;
  /** How often dead holders and lost wake-ups are looked for, by a cron among `functions`. `false`: never, here: `createUpkeep` looks after all agents of a store. */
  readonly upkeep?: UpkeepOptions | false;
  /** Whether the steps of models and tools show their input on Inngest's dashboard: the arguments of a call, and of a prompt its size and digest. When not given, they do unless a middleware has its hands on what steps give, as one that encrypts does: inputs pass such a one by as they are. */
  readonly showInputs?: boolean;
  /** Where the events of runs go; into the store alone when not given, where `stream` and `observe` read them. An empty list says nothing to anybody. */
  readonly publishers?: readonly Publisher[];
}

/** A run to be woken, or (`retry`, the revision of the failure) to be tried again; with other budgets from then on, where some are given. */
export interface WakeOptions extends Target, Budgets {
  readonly runId: string;
  readonly retry?: number;
}

/** An agent as Inngest functions. */
export interface InngestAgent extends RunCalls, UpkeepCalls {
  readonly [INNGEST_AGENT]: true;
  readonly id: string;
  readonly name: string;
  readonly agent: DurableAgent;
  /** All that is to be served: both functions, the one that hears of cancelled executions, the one that does what is due at a time, and the cron that looks for what was forgotten. */
  readonly functions: InngestFunction.Any[];
  readonly runFn: InngestFunction.Any;
  readonly resumeFn: InngestFunction.Any;
  /**
   * The run is recorded, and its event sent. Again with the same `runId` it records nothing and sends the event again, which starts nothing twice. Throws `EventNotSentError`, with the
   * run's id, when the run is recorded and Inngest could not be reached.
   */
  start(options: StartOptions): Promise<StartResult>;
  /**
   * Records the decision, or finds the one that stands, and sends the resume event in both cases. Throws where `ApprovalStore.decide` does, and `EventNotSentError` when the decision is
   * stored and Inngest could not be reached.
   */
  approve(options: DecideOptions & { readonly input?: unknown }): Promise<DecideResult>;
  deny(options: DecideOptions & { readonly reason?: string }): Promise<DecideResult>;
  /** Gives the model an answer in place of the tool's result. */
  answer(options: DecideOptions & { readonly value: unknown }): Promise<DecideResult>;
  /**
   * Decides what a suspended run waits for, and listens to it from there on. `decisions` are decisions by call id in Ziro's words; `{ approved: true }` or `{ approved: false, reason }` for the one call
   * that waits (or `toolCallId`); anything else is the answer to it. Without any, the run is woken. A run that has ended gives its outcome.
   */
  resume(runId: string, decisions?: unknown, options?: ResumeOptions): Promise<RunStream>;
  /** Sends the event that goes on with a run: one whose wake-up was lost, or (`retry`) one that has failed. */
  resume(options: WakeOptions): Promise<void>;
  /** Cancels a run, whoever works on it, and wakes the next. */
  cancel(
    options: Target & { readonly runId: string; readonly reason?: string },
  ): Promise<SettleResult>;
  /**
   * Deletes a thread. The run that has it is cancelled first, with the agents that work for it; where it works for a call of another run itself, nobody is asked for it any more, and that run goes on, its
   * model told why. Cut short, the same call goes on. Throws as `cancel` and `ThreadStore.delete` do; a thread that there is not is deleted.
   */
  deleteThread(options: DeleteThreadOptions): Promise<void>;
  /** The run as it is stored, with the approvals that it waits for; `undefined` where there is no such run. */
  status(options: Target & { readonly runId: string }): Promise<RunView | undefined>;
}
