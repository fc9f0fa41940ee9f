import type { Message } from "@perdure/checkpoint-core";
import { type EventType, eventType, type StandardSchemaV1 } from "inngest";
import type { Budget } from "../budget/contract.ts";
import type { RunOptions } from "../runOptions.ts";
import type { EventDecision } from "./eventDecision.ts";
import { resumeProblem, runProblem } from "./problems.ts";

export type { EventDecision } from "./eventDecision.ts";

/** Asks for a run on a thread. The names and payloads are those of `@ziro-agent/inngest`, so its producers need no change. */
export type RunRequested = {
  /** Required: a run without a thread is refused. */
  readonly threadId: string;
  readonly prompt?: string;
  /** Instead of a prompt; the last one is the user's. */
  readonly messages?: readonly Message[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What the run may use up, and each of its tool calls: it makes a run narrower, so that it counts whoever sends it. */
  readonly budget?: Budget;
  readonly toolBudget?: Budget;
  /** Ours: made from the event's id when not given. */
  readonly runId?: string;
  /** Ours: the thread's life that the event belongs to. */
  readonly life?: number;
  /** Ours: what is asked of this run alone. It counts only with `trustEvents: true`. */
  readonly runOptions?: RunOptions;
  /** Ours: how many agents stand above the run. */
  readonly agentDepth?: number;
  readonly [other: string]: unknown;
};

/** Goes on with a run that is suspended, queued or failed. */
export type ResumeRequested = {
  readonly threadId: string;
  /** By call id. They count only with `authorize` or `trustEvents`. */
  readonly decisions?: Readonly<Record<string, EventDecision>>;
  readonly checkpointId?: string;
  /** In the place of the run's, with what it has used up already. A looser one counts only with `trustEvents: true`. */
  readonly budget?: Budget;
  readonly toolBudget?: Budget;
  /** Ours: which run; without it the one named in the checkpoint, or the one that has the thread. */
  readonly runId?: string;
  readonly life?: number;
  /** Ours: the revision of the failure that is retried. */
  readonly retry?: number;
  /** Ours: the pulse of a holder that has been silent for as long as it may be: it is taken over where that has not moved, and left alone otherwise. */
  readonly seen?: number;
  /** Ours: the run was cancelled, and `onAbort` is to be called. */
  readonly aborted?: boolean;
  readonly [other: string]: unknown;
};

/** An event type of ours, with its schema. */
export type AgentEvent<Name extends string, Data extends Record<string, unknown>> = EventType<
  Name,
  StandardSchemaV1<Data>
>;

/** The type of an agent's run event under a name of its own: data that is no run request is refused by its schema. */
export function runEventType<Name extends string>(name: Name): AgentEvent<Name, RunRequested> {
  return eventType(name, { schema: schemaOf<RunRequested>(runProblem) });
}

/** The type of an agent's resume event under a name of its own. */
export function resumeEventType<Name extends string>(
  name: Name,
): AgentEvent<Name, ResumeRequested> {
  return eventType(name, { schema: schemaOf<ResumeRequested>(resumeProblem) });
}

/** The type of the event that ends a wait. */
export function bellEventType<Name extends string>(
  name: Name,
): AgentEvent<Name, { readonly bell: string }> {
  return eventType(name, {
    schema: schemaOf<{ readonly bell: string }>(({ bell }) =>
      typeof bell === "string" ? undefined : "bell must be a string.",
    ),
  });
}

/** `ziro/agent.run.requested`. */
export const runRequested: AgentEvent<"ziro/agent.run.requested", RunRequested> = runEventType(
  "ziro/agent.run.requested",
);

/** `ziro/agent.resume.requested`. */
export const resumeRequested: AgentEvent<"ziro/agent.resume.requested", ResumeRequested> =
  resumeEventType("ziro/agent.resume.requested");

/** A schema of the data of which `problemOf` finds nothing wrong. */
export function schemaOf<Data extends Record<string, unknown>>(
  problemOf: (data: Readonly<Record<string, unknown>>) => string | undefined,
): StandardSchemaV1<Data> {
  return {
    "~standard": {
      version: 1,
      vendor: "perdure",
      validate(value) {
        const isData = typeof value === "object" && value !== null && !Array.isArray(value);
        const problem = isData
          ? problemOf(value as Readonly<Record<string, unknown>>)
          : "data must be an object.";
        return problem === undefined
          ? { value: value as Data }
          : { issues: [{ message: problem }] };
      },
    },
  };
}
