import type { Message } from "@perdure/checkpoint-core";
import { type EventType, eventType, type StandardSchemaV1 } from "inngest";
import { budgetProblem } from "../budget/check.ts";
import type { Budget } from "../budget/contract.ts";
import { type RunOptions, runOptionsProblem } from "../runOptions.ts";
import { wellFormed } from "../steps/text.ts";

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

/** A decision in an event, in Ziro's words. `suspend` decides nothing. */
export type EventDecision =
  | { readonly decision: "approve"; readonly modifiedInput?: unknown }
  | { readonly decision: "reject"; readonly reason?: string }
  | { readonly decision: "answer"; readonly value: unknown }
  | { readonly decision: "suspend" };

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

/** What is wrong with the data of a run event; `undefined` when nothing is. */
export function runProblem(data: Readonly<Record<string, unknown>>): string | undefined {
  const { prompt, messages, runOptions, agentDepth = 0 } = data;
  if (!Number.isSafeInteger(agentDepth) || (agentDepth as number) < 0)
    return "agentDepth must be a whole number.";
  if (prompt !== undefined && typeof prompt !== "string") return "prompt must be a string.";
  if (messages !== undefined && !isMessages(messages))
    return "messages must be a list of user, assistant and tool messages, each with what belongs to it, the last one the user's; a system message is not taken from an event.";
  if (runOptions !== undefined) {
    const problem = runOptionsProblem(runOptions);
    if (problem !== undefined) return `runOptions: ${problem}`;
  }
  return commonProblem(data);
}

/** What is wrong with the data of a resume event. */
export function resumeProblem(data: Readonly<Record<string, unknown>>): string | undefined {
  const { decisions, checkpointId, retry, seen } = data;
  if (checkpointId !== undefined && !isId(checkpointId)) return "checkpointId must be a string.";
  if (retry !== undefined && !Number.isSafeInteger(retry)) return "retry must be a whole number.";
  if (seen !== undefined && !Number.isSafeInteger(seen)) return "seen must be a whole number.";
  if (decisions !== undefined && !isDecisions(decisions))
    return 'decisions must name call ids, each with a decision: "approve", "reject", "answer" or "suspend".';
  return commonProblem(data);
}

function commonProblem({
  threadId,
  runId,
  life,
  budget,
  toolBudget,
}: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries({ budget, toolBudget })) {
    const problem = value === undefined ? undefined : budgetProblem(name, value);
    if (problem !== undefined) return problem;
  }
  if (!isId(threadId))
    return "threadId is missing: it must be a well-formed string that is not empty.";
  if (runId !== undefined && !isId(runId))
    return "runId must be a well-formed string that is not empty.";
  if (life !== undefined && !Number.isSafeInteger(life)) return "life must be a whole number.";
  return undefined;
}

/** What is wrong with an id in an event's data. */
export function idProblem(what: string, value: unknown): string | undefined {
  return isId(value) ? undefined : `${what} must be a well-formed string that is not empty.`;
}

/** An id that an event carries unchanged: half a surrogate pair would arrive as another one. */
function isId(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value === wellFormed(value);
}

function isMessages(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  const last: unknown = value.at(-1);
  return value.every(isMessage) && (last as Message).role === "user";
}

/** A message of a conversation. The system prompt is the agent's: no event brings one. */
function isMessage(value: unknown): boolean {
  const {
    role,
    content,
    toolCalls = [],
    toolCallId,
    toolName,
  } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (role === "user") return content !== undefined && content !== null;
  if (role === "assistant") return typeof content === "string" && isCalls(toolCalls);
  return role === "tool" && isId(toolCallId) && isId(toolName) && content !== undefined;
}

function isCalls(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => {
      if (typeof one !== "object" || one === null) return false;
      const { id, name } = one as Readonly<Record<string, unknown>>;
      return isId(id) && isId(name);
    })
  );
}

const decisionKinds = new Set<unknown>(["approve", "reject", "answer", "suspend"]);

/** Whether a value is decisions by call id, in Ziro's words. */
export function isDecisions(value: unknown): value is Readonly<Record<string, EventDecision>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (one: unknown) =>
      typeof one === "object" &&
      one !== null &&
      "decision" in one &&
      decisionKinds.has(one.decision) &&
      (!("reason" in one) || one.reason === undefined || typeof one.reason === "string"),
  );
}

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
