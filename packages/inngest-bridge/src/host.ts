import type { Approval, Lease, Run, Store } from "@perdure/checkpoint-core";
import type { Inference } from "./steps/inference.ts";
import type { InngestStep } from "./steps/inngestStep.ts";
import type { Meter } from "./steps/meter.ts";
import type { StepTools } from "./steps/tools.ts";
import type { FunctionCallbacks } from "./streams/callbacks.ts";
import type { Publisher } from "./streams/publisher.ts";

/** Where a run is carried out: one execution of an Inngest function, or a plain process. */
export interface Host {
  readonly store: Store;
  readonly tools: StepTools;
  /** Whether steps show their input. */
  readonly showsInputs?: boolean;
  /** Inngest's own tools for steps; none in a plain process. */
  readonly inngest: InngestStep | undefined;
  /** Has the server ask a model, in a step. `load` says what, and is called where the step has no answer yet; where it says nothing there is no step. None in a plain process. */
  readonly infer:
    | ((id: string, load: () => Promise<Inference | undefined>) => Promise<unknown>)
    | undefined;
  /** What this execution has used of Inngest's limits; none in a plain process, which has none. */
  readonly meter: Meter | undefined;
  /** One Inngest run of one function; another one is another execution, also on the same event. */
  readonly execution: string;
  readonly attempt: number;
  readonly maxAttempts: number | undefined;
  /** How long a holder may be silent before another takes over, in milliseconds. */
  readonly silenceMs: number;
  /** How often in a row the run is taken over with nothing stored in between, before it fails; 10 when not given. */
  readonly maxTakeovers?: number;
  /** How long the server waits before the attempt after this one, at most, in milliseconds. */
  readonly backOffMs: (attempt: number) => number;
  /** Sends the event that starts the run which has the thread next. `fence` names it: the same wake-up has the same name. */
  readonly wake: (next: Wake) => Promise<void>;
  /** Asks the server to end another execution, which has lost its run to this one's; none in a plain process. */
  readonly endExecution?: (execution: string) => Promise<void>;
  /** How this execution waits itself for the decisions on a run that it suspends; none where it ends. */
  readonly waiting: Waiting | undefined;
  /** How long a person has for a call where its tool, or its agent, says nothing; as long as it takes when not given. */
  readonly approvalTtlMs: number | undefined;
  /** Sees to it that somebody looks at approvals when their time is over. */
  readonly watchDeadlines: (approvals: readonly Approval[], lease: Lease) => Promise<void>;
  /** Where what happens is told to those who watch; none where nobody can. */
  readonly publisher: Publisher | undefined;
  /** What was handed along with a run, and never stored. */
  readonly requestContext: (run: OfLife) => unknown;
  /** What is called in steps of their own; none where nobody asked. */
  readonly callbacks: FunctionCallbacks | undefined;
  /** Tells the agent of a run that lost its thread, whose execution could not, where that wants to hear of it; none in a plain process. */
  readonly sayAborted?: (run: Run) => Promise<void>;
  /** Whether a run belongs here: of others nothing is touched. Without it those that the agent's name fits, and those that no event wakes. */
  readonly owns?: (run: Run) => boolean;
  /** The runs that wait for this one while it is worked on in their execution, the nearest first; none for a run that stands alone. They are held with it: each step shows that they are alive. */
  readonly above?: readonly Lease[];
}

/** A run of one life of its thread. */
export interface OfLife {
  readonly threadId: string;
  readonly life: number;
  readonly runId: string;
}

/** The run that is to be woken. */
export interface Wake extends OfLife {
  /** The lease's revision, or what else names the wake-up. */
  readonly fence: number | string;
}

/** How an execution waits for decisions on a run that it has suspended. */
export interface Waiting {
  readonly timeoutMs: number;
  /** A step that ends when somebody rings, or after so many milliseconds. It says which. It sees nobody who rang before it began. */
  readonly wait: (id: string, bell: string, ms: number) => Promise<"rung" | "over">;
  /** Ends the waits on this bell. `name` names the ring: the same one again is the same. */
  readonly ring: (bell: string, name: string) => Promise<void>;
}
