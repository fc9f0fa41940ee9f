import { wellFormed } from "../steps/text.ts";
import type { Budget, BudgetWarnings } from "./contract.ts";

type Check = (value: unknown) => string | undefined;

const amount: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? undefined : "a number above 0";
const count: Check = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 1
    ? undefined
    : "a whole number of at least 1";

const WARNINGS: Readonly<Record<keyof BudgetWarnings, Check>> = {
  usd: amount,
  tokens: count,
  pctOfMax: (value) =>
    amount(value) === undefined && (value as number) <= 100
      ? undefined
      : "a number above 0 and up to 100",
};

const FIELDS: Readonly<Record<keyof Budget, Check>> = {
  maxUsd: amount,
  maxTokens: count,
  maxLlmCalls: count,
  maxSteps: count,
  maxDurationMs: count,
  warnAt: (value) => (isRecord(value) ? undefined : "an object with usd, tokens or pctOfMax"),
  onExceed: (value) =>
    value === "throw" || value === "truncate"
      ? undefined
      : '"throw" or "truncate": a function cannot be stored with a run',
  hard: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  tenantId: (value) =>
    typeof value === "string" && value !== "" && value === wellFormed(value)
      ? undefined
      : "a well-formed string that is not empty",
};

/** What is wrong with a budget, in a sentence; `undefined` when nothing is. A field that is not one is named, with the one that it may have been meant for. */
export function budgetProblem(name: string, budget: unknown): string | undefined {
  if (!isRecord(budget)) return `${name} must be an object.`;
  return (
    fieldProblem(name, budget, FIELDS) ??
    (budget["warnAt"] === undefined
      ? undefined
      : fieldProblem(`${name}.warnAt`, budget["warnAt"] as object, WARNINGS))
  );
}

function fieldProblem(
  name: string,
  fields: object,
  checks: Readonly<Record<string, Check>>,
): string | undefined {
  for (const [field, value] of Object.entries(fields)) {
    if (!Object.hasOwn(checks, field)) return unknownField(name, field, Object.keys(checks));
    const wanted = value === undefined ? undefined : checks[field]?.(value);
    if (wanted !== undefined) return `${name}.${field} must be ${wanted}.`;
  }
  return undefined;
}

function unknownField(name: string, field: string, known: readonly string[]): string {
  const plain = field.toLowerCase();
  const meant = known.find(
    (one) => plain.startsWith(one.toLowerCase()) || one.toLowerCase().startsWith(plain),
  );
  const instead =
    meant === undefined ? `the fields are ${known.join(", ")}` : `it is called ${meant}`;
  return `${name} has no field "${field}": ${instead}.`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
