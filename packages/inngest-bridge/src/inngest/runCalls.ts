import type { Message, Scope } from "@perdure/checkpoint-core";
import type { Budgets } from "../budget/contract.ts";
import type { RunOptions } from "../runOptions.ts";
import type { RunCallbacks } from "../streams/callbacks.ts";
import type { RunEnding } from "../streams/ending.ts";
import type { RunStream } from "../streams/subscription.ts";
import type { ObserveOptions } from "../target.ts";
import type { RunRequested } from "./events.ts";

/** What is asked: a text, a message, or a conversation whose last message is the user's. */
export type Asked = string | Message | readonly Message[];

/** A run that is asked for in words: `RunOptions` for this run, and where it goes. */
export interface RunCallOptions extends RunOptions {
  /** The thread; one of the run's own when not given. */
  readonly threadId?: string;
  /** The same, as `@mastra/inngest` has it. */
  readonly memory?: { readonly threadId: string };
  /** Names the run: a second one with it starts nothing and hears the first. */
  readonly runId?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly scope?: Scope;
  readonly data?: Readonly<Record<string, unknown>>;
  /** For the tools, and never stored: there only where this process works on the run. */
  readonly requestContext?: unknown;
  /** A message that comes while a run of its thread waits for a person is their answer to each call that waits, and starts no run of its own: budgets are carried, and what would be for a run of its own is refused by its name. */
  readonly autoResumeSuspendedTools?: boolean;
}

/** A run that is asked for and listened to. */
export interface StreamOptions extends RunCallOptions, RunCallbacks {}

/** How a run goes on. Budgets take the place of the run's from then on, with what it has used up already. */
export interface ResumeOptions extends RunCallbacks, Budgets {
  /** Which call the data is for, where several wait. */
  readonly toolCallId?: string;
  /** The run's thread; said, it is checked. */
  readonly threadId?: string;
  readonly by?: string;
  /** The revision of the failure that is retried. */
  readonly retry?: number;
  readonly requestContext?: unknown;
  readonly scope?: Scope;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A run's event, unsent. */
export interface Prepared {
  readonly runId: string;
  readonly threadId: string;
  /** The id that the message gets in the history. */
  readonly messageId: string;
  /** What `inngest.send` takes. */
  readonly event: { readonly id: string; readonly name: string; readonly data: RunRequested };
  /** The event's data. */
  readonly workflowInput: RunRequested;
}

/** The calls of an agent that are about a run as something to listen to. */
export interface RunCalls {
  /** Starts a run and listens to it. Throws as `start` does, and `CONFLICT` where `whenBusy` rejects it. */
  stream(messages: Asked, options?: StreamOptions): Promise<RunStream>;
  /** Starts a run and waits until it comes to rest: it has an answer, waits for a person, or failed. */
  generate(messages: Asked, options?: StreamOptions): Promise<RunEnding>;
  /** The event that starts the run, for you to send: nothing is stored before it arrives. Throws `TOO_LARGE` for what no event holds. */
  prepare(messages: Asked, options?: RunCallOptions): Promise<Prepared>;
  /** Listens to a run, from any process, from an offset on; also after whoever worked on it has died. */
  observe(runId: string, options?: ObserveOptions): Promise<RunStream>;
}
