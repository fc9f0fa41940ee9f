import { checkAccepted } from "./accepted.ts";
import { isObject, type Json, textOf } from "./canonical.ts";
import { nextCron } from "./cron.ts";
import { TestInngestError } from "./errors.ts";
import { type Expression, readExpression } from "./expression.ts";
import { type FlowRules, readFlowRules } from "./rules.ts";

export interface EventTrigger {
  readonly event: string;
  readonly condition?: Expression;
}

export interface CancelRule {
  readonly event: string;
  readonly condition?: Expression;
  readonly timeout?: string;
}

/** A function as its app registered it. */
export interface FunctionDefinition {
  /** `<appId>-<functionId>`. */
  readonly id: string;
  readonly appId: string;
  readonly triggers: readonly EventTrigger[];
  readonly crons: readonly string[];
  readonly maxAttempts: number;
  readonly cancelOn: readonly CancelRule[];
  readonly flow: FlowRules;
  /** Path and query of the function's endpoint, as registered. */
  readonly url: string;
}

/** Without `retries` the server tries five times, whatever the SDK's documentation says. */
const defaultRetries = 4;

/** Everything that a registration may say of a function. */
const known = new Set([
  "id",
  "name",
  "description",
  "triggers",
  "steps",
  "cancel",
  "concurrency",
  "idempotency",
  "batchEvents",
  "rateLimit",
  "throttle",
  "debounce",
  "priority",
  "timeouts",
  "singleton",
]);

/** Reads one function of a registration. An option that this server does not know is `UNSUPPORTED_OPTION`. */
export function readDefinition(appId: string, config: Json): FunctionDefinition {
  if (!isObject(config) || typeof config["id"] !== "string")
    throw badConfig("A registered function has no id.");
  const id = config["id"];
  const unknown = Object.keys(config).find((option) => !known.has(option));
  if (unknown !== undefined) {
    throw new TestInngestError(
      "UNSUPPORTED_OPTION",
      `The function "${id}" sets "${unknown}", which the in-process Inngest does not model.`,
    );
  }
  checkAccepted(id, config);
  const triggers = list(config["triggers"]);
  return {
    id,
    appId,
    triggers: triggers.filter((trigger) => typeof trigger["event"] === "string").map(readTrigger),
    crons: triggers.flatMap(({ cron }) => (typeof cron === "string" ? [readCron(cron)] : [])),
    ...readStep(config["steps"]),
    cancelOn: list(config["cancel"]).map(readCancel),
    flow: readFlowRules(config),
  };
}

/** A cron that never fires, or of a form that is not known, is found here and not when its time comes. */
function readCron(cron: string): string {
  nextCron(cron, 0);
  return cron;
}

function readTrigger(trigger: Fields): EventTrigger {
  return { event: textOf(trigger["event"]), ...condition(trigger["expression"]) };
}

function readCancel(rule: Fields): CancelRule {
  const { event, timeout } = rule;
  return {
    event: textOf(event),
    ...condition(rule["if"]),
    ...(typeof timeout === "string" ? { timeout } : {}),
  };
}

function condition(source: Json | undefined): { readonly condition?: Expression } {
  return typeof source === "string" ? { condition: readExpression(source) } : {};
}

function readStep(steps: Json | undefined): { readonly maxAttempts: number; readonly url: string } {
  const step = isObject(steps) ? steps["step"] : undefined;
  if (!isObject(step) || !isObject(step["runtime"]))
    throw badConfig("A registered function has no step to call.");
  const retries = isObject(step["retries"]) ? step["retries"]["attempts"] : undefined;
  return {
    maxAttempts: (typeof retries === "number" ? retries : defaultRetries) + 1,
    url: textOf(step["runtime"]["url"]),
  };
}

type Fields = { readonly [key: string]: Json | undefined };

function list(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function badConfig(message: string): TestInngestError {
  return new TestInngestError("BAD_OPTION", message);
}
