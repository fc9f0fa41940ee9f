import { type Message, StorageError } from "@perdure/checkpoint-core";
import { budgetProblem } from "./budget/check.ts";
import type { Budgets } from "./budget/contract.ts";

/** What a caller asks of one run, beside what the agent is. It is stored with the run, so that it holds in every execution. */
export interface RunOptions extends Budgets {
  /** In place of the agent's own system prompt. */
  readonly instructions?: string;
  /** Messages that the model is shown ahead of the thread's; they do not go into the history. */
  readonly context?: readonly Message[];
  /** Settings of the model (`temperature`, `maxOutputTokens`), as its function knows them. */
  readonly modelSettings?: Readonly<Record<string, unknown>>;
  readonly toolChoice?: ToolChoice;
  /** The agent's tools that the run has, by name; all of them when not given. */
  readonly tools?: readonly string[];
  /** Tools that the caller carries out: a call of one suspends the run, and `answer` goes on with it. */
  readonly clientTools?: Readonly<Record<string, ClientTool>>;
  /** Model calls in the run, at most. */
  readonly maxSteps?: number;
  /** Whether a person must agree to each call. It takes no approval away that a tool asks for itself. */
  readonly requireToolApproval?: boolean;
  /** Calls of one turn that run at the same time, at most; all of them when not given. */
  readonly toolCallConcurrency?: number;
}

/** Which tool the model may call in a run. */
export type ToolChoice =
  | "auto"
  | "none"
  | "required"
  | { readonly type: "tool"; readonly toolName: string };

/** A tool without its work. `parameters` is a JSON Schema, which is only shown to the model. */
export interface ClientTool {
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Check = (value: unknown) => string | undefined;

const CHECKS: Readonly<Record<Exclude<keyof RunOptions, keyof Budgets>, Check>> = {
  instructions: (value) => (typeof value === "string" ? undefined : "a string"),
  context: (value) =>
    Array.isArray(value) && value.every(isMessage) ? undefined : "a list of messages",
  modelSettings: (value) => (isRecord(value) ? undefined : "an object"),
  toolChoice: (value) =>
    isToolChoice(value) ? undefined : '"auto", "none", "required" or { type: "tool", toolName }',
  tools: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "string")
      ? undefined
      : "a list of names of the agent's tools: a tool's function cannot go with a run, so `clientTools` adds only what the caller carries out",
  clientTools: (value) =>
    isRecord(value) && Object.values(value).every(isClientTool)
      ? undefined
      : "an object by name, each with a description and a JSON Schema of its parameters",
  maxSteps: isCount,
  requireToolApproval: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  toolCallConcurrency: isCount,
};

/** The names of a run's options. */
export const RUN_OPTIONS: ReadonlySet<string> = new Set([
  ...Object.keys(CHECKS),
  "budget",
  "toolBudget",
]);

/** What is wrong with a run's options; `undefined` when nothing is. */
export function runOptionsProblem(options: unknown): string | undefined {
  if (!isRecord(options)) return "the options of a run must be an object.";
  for (const [name, value] of Object.entries(options)) {
    if (!RUN_OPTIONS.has(name)) return `a run has no option "${name}".`;
    const problem = value === undefined ? undefined : optionProblem(name, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function optionProblem(name: string, value: unknown): string | undefined {
  if (name === "budget" || name === "toolBudget") return budgetProblem(name, value);
  const wanted = CHECKS[name as keyof typeof CHECKS](value);
  return wanted === undefined ? undefined : `${name} must be ${wanted}.`;
}

/** The options of a run among others. Throws `INVALID_ARGUMENT`. */
export function runOptionsIn(options: Readonly<Record<string, unknown>>): RunOptions | undefined {
  const own = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => RUN_OPTIONS.has(name) && value !== undefined),
  );
  const problem = runOptionsProblem(own);
  if (problem !== undefined) throw new StorageError("INVALID_ARGUMENT", problem);
  return Object.keys(own).length === 0 ? undefined : own;
}

function isCount(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 1
    ? undefined
    : "a whole number of at least 1";
}

const ROLES = new Set<unknown>(["system", "user", "assistant", "tool"]);

function isMessage(value: unknown): boolean {
  return isRecord(value) && ROLES.has(value["role"]) && value["content"] !== undefined;
}

function isToolChoice(value: unknown): boolean {
  if (isRecord(value)) return value["type"] === "tool" && typeof value["toolName"] === "string";
  return value === "auto" || value === "none" || value === "required";
}

function isClientTool(value: unknown): boolean {
  return (
    isRecord(value) && typeof value["description"] === "string" && isRecord(value["parameters"])
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
