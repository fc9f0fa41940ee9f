/**
 * What is said of a run while it works, by name. Names and data are those of AgentKit's streaming events; `run.resumed` and `run.suspended` are ours, because there a run that waits has
 * no name.
 */
export interface RunEventData {
  /** An execution has taken the run for the first time. */
  readonly "run.started": Scoped;
  /** Another execution goes on with what is stored of it: after a decision, a retry, a takeover. */
  readonly "run.resumed": Scoped;
  readonly "run.completed": Settled & { readonly result: unknown };
  readonly "run.failed": Settled & { readonly error: string; readonly recoverable: boolean };
  /** It ended without an answer: cancelled, or another run took its thread. */
  readonly "run.interrupted": Settled & {
    readonly reason: "user_cancellation" | "other";
    readonly message?: string;
  };
  readonly "run.suspended": Settled & {
    readonly checkpointId?: string;
    readonly toolCalls: readonly AskedCall[];
  };
  readonly "part.created": Part;
  readonly "part.completed": Part & { readonly finalContent: unknown };
  /** What was shown of the part counts no more: its attempt failed, and another says it anew. */
  readonly "part.failed": Part & { readonly error: string; readonly recoverable: boolean };
  readonly "text.delta": Delta;
  /** A piece of the JSON text of a call's arguments. */
  readonly "tool_call.arguments.delta": Delta & { readonly toolName?: string };
  readonly "tool_call.output.delta": Delta;
  /** The model has answered a turn (`toolCalls`, `text`), or a call of it has its result; each stands in the store. */
  readonly "step.completed": FinishedStep;
  /** The run has used so much of its budget (`warnAt`); it goes on. */
  readonly "budget.warning": BudgetWarning;
  /** Nothing comes after it, ever. */
  readonly "stream.ended": { readonly runId: string; readonly scope: "agent" };
}

/** What a run is called in its events. */
interface Scoped {
  readonly runId: string;
  readonly threadId: string;
  readonly scope: "agent";
  readonly name: string;
}

/** The run has come to rest. `revision` is its record's: two rests of one run have different ones. */
interface Settled {
  readonly runId: string;
  readonly threadId: string;
  readonly scope: "agent";
  readonly revision: number;
}

/** A piece of an answer or a result. The same piece has the same id in every attempt, but for one that was begun anew. */
interface Part {
  readonly partId: string;
  readonly runId: string;
  readonly messageId: string;
  readonly type: "text" | "tool-call" | "tool-output";
  readonly metadata?: { readonly toolName: string; readonly callId: string };
}

interface Delta {
  readonly partId: string;
  readonly messageId: string;
  readonly delta: string;
}

/** A threshold that an answer has passed. */
interface BudgetWarning {
  readonly runId: string;
  readonly threadId: string;
  readonly scope: "agent";
  readonly kind: "usd" | "tokens" | "llmCalls";
  readonly threshold: number;
  readonly observed: number;
  readonly tenantId?: string;
}

/** A call that a person is asked about. */
interface AskedCall {
  readonly approvalId: string;
  readonly callId: string;
  readonly toolName: string;
  readonly toolInput: unknown;
  readonly digest: string;
}

/** What a step has stored. */
export interface FinishedStep {
  readonly stepId: string;
  readonly runId: string;
  readonly threadId: string;
  readonly turn: number;
  readonly result:
    | {
        readonly text: string;
        readonly toolCalls: readonly {
          readonly id: string;
          readonly name: string;
          readonly input: unknown;
        }[];
        readonly usage?: Readonly<Record<string, unknown>>;
        readonly model?: string;
      }
    | {
        readonly callId: string;
        readonly toolName: string;
        readonly output: unknown;
        readonly isError: boolean;
      };
}

/** The names of a run's events. */
export type RunEventName = keyof RunEventData;

/** One event of a run, as it is published. */
export type RunEvent<Name extends RunEventName = RunEventName> = {
  readonly [N in Name]: {
    readonly event: N;
    readonly data: RunEventData[N];
    /** Milliseconds since 1970, by the clock of who published it. */
    readonly timestamp: number;
    /** The delivery of a step that said it while it worked: another attempt, or a second delivery at the same time, has another one. None on what is stored. */
    readonly attempt?: string;
    /** The agent that said it, where that is not the run's own but one that works for it. */
    readonly child?: ChildMark;
  };
}[Name];

/** A run that works for another one, in whose stream it is heard. */
export interface ChildMark {
  /** The agent's name. */
  readonly name: string;
  readonly runId: string;
  readonly parentRunId: string;
}

/** An event as a reader gets it: nothing twice, whatever was tried again. */
export type RunChunk<Name extends RunEventName = RunEventName> = RunEvent<Name> & {
  /** Its place in the run's stream: a reader that has seen it goes on from the next. One place may give several events, or none. */
  readonly sequenceNumber: number;
  /** Another one for each event of the run, the same for each reader. */
  readonly id: string;
};

/** An event that happens now. */
export function eventNow<Name extends RunEventName>(
  event: Name,
  data: RunEventData[Name],
  attempt?: string,
): RunEvent {
  const timestamp = Date.now();
  const tag = attempt === undefined ? {} : { attempt };
  return { event, data, timestamp, ...tag } as RunEvent;
}
