import type { Message } from "@perdure/checkpoint-core";
import { budgetProblem } from "../budget/check.ts";
import { runOptionsProblem } from "../runOptions.ts";
import { wellFormed } from "../steps/text.ts";
import type { EventDecision } from "./eventDecision.ts";

/** What is wrong with the data of a run event; `undefined` when nothing is. */
export function runProblem(data: Readonly<Record<string, unknown>>): string | undefined {
  const { prompt, messages, metadata, runOptions, agentDepth = 0 } = data;
  if (!Number.isSafeInteger(agentDepth) || (agentDepth as number) < 0)
    return "agentDepth must be a whole number.";
  const said = saidProblem({ prompt, messages, metadata });
  if (said !== undefined) return said;
  if (runOptions !== undefined) {
    const problem = runOptionsProblem(runOptions);
    if (problem !== undefined) return `runOptions: ${problem}`;
  }
  return commonProblem(data);
}

/** What is wrong with what is said, and with what goes with it. */
function saidProblem({
  prompt,
  messages,
  metadata,
}: Readonly<Record<string, unknown>>): string | undefined {
  if (prompt !== undefined && typeof prompt !== "string") return "prompt must be a string.";
  if (messages !== undefined && !isMessages(messages))
    return "messages must be a list of user, assistant and tool messages, each with what belongs to it, the last one the user's; a system message is not taken from an event.";
  if (metadata !== undefined && !isRecord(metadata)) return "metadata must be an object.";
  return undefined;
}

/** What is wrong with the data of a resume event. */
export function resumeProblem(data: Readonly<Record<string, unknown>>): string | undefined {
  const { decisions, checkpointId, retry, seen } = data;
  if (checkpointId !== undefined && !isId(checkpointId)) return "checkpointId must be a string.";
  if (retry !== undefined && !Number.isSafeInteger(retry)) return "retry must be a whole number.";
  if (seen !== undefined && !Number.isSafeInteger(seen)) return "seen must be a whole number.";
  if (decisions !== undefined && !isDecisions(decisions))
    return 'decisions must name call ids, each with a decision: "approve", "reject", "answer" or "suspend".';
  return decisionsProblem(decisions) ?? commonProblem(data);
}

const DECISION_FIELDS: ReadonlySet<string> = new Set([
  "decision",
  "modifiedInput",
  "reason",
  "value",
]);

/** What is wrong with decisions that are such: a field that none has would be passed over, and what was approved be done with another input than was meant. */
export function decisionsProblem(decisions: unknown): string | undefined {
  if (!isDecisions(decisions)) return undefined;
  const names = Object.values(decisions).flatMap((one) => Object.keys(one));
  const unknown = names.find((name) => !DECISION_FIELDS.has(name));
  if (unknown === undefined) return undefined;
  return `A decision has no "${unknown}"; it has ${[...DECISION_FIELDS].join(", ")}.`;
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
    return "threadId is missing, or none: it must be a well-formed string that is not empty, of at most 4,096 UTF-16 units.";
  if (runId !== undefined && !isId(runId))
    return "runId must be a well-formed string that is not empty, of at most 4,096 UTF-16 units.";
  if (life !== undefined && !Number.isSafeInteger(life)) return "life must be a whole number.";
  return undefined;
}

/** What is wrong with an id in an event's data. */
export function idProblem(what: string, value: unknown): string | undefined {
  return isId(value) ? undefined : `${what} must be a well-formed string that is not empty.`;
}

/** An id that an event carries unchanged, half a surrogate pair would arrive as another one, and that a store takes. */
function isId(value: unknown): boolean {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= MAX_ID_UNITS &&
    value === wellFormed(value)
  );
}

const MAX_ID_UNITS = 4096;

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
