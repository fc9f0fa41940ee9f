import { isObject, type Json, textOf } from "./canonical.ts";
import { TestInngestError } from "./errors.ts";
import { type Expression, readExpression } from "./expression.ts";

export interface EventTrigger {
  readonly event: string;
  readonly condition?: Expression;
}

export interface CancelRule {
  readonly event: string;
  readonly condition?: Expression;
  readonly timeout?: string;
}

export interface ConcurrencyRule {
  readonly limit: number;
  readonly key?: Expression;
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
  readonly concurrency: readonly ConcurrencyRule[];
  /** Path and query of the function's endpoint, as registered. */
  readonly url: string;
}

/** Without `retries` the server tries five times, whatever the SDK's documentation says. */
const defaultRetries = 4;

const notModelled = [
  "idempotency",
  "batchEvents",
  "rateLimit",
  "throttle",
  "debounce",
  "priority",
  "timeouts",
  "singleton",
];

/** Reads one function of a registration. An option that this server would ignore is `UNSUPPORTED_OPTION`. */
export function readDefinition(appId: string, config: Json): FunctionDefinition {
  if (!isObject(config) || typeof config["id"] !== "string")
    throw badConfig("A registered function has no id.");
  const id = config["id"];
  for (const option of notModelled) {
    if (config[option] !== undefined) {
      throw new TestInngestError(
        "UNSUPPORTED_OPTION",
        `The function "${id}" sets "${option}", which the in-process Inngest does not model yet.`,
      );
    }
  }
  const triggers = list(config["triggers"]);
  return {
    id,
    appId,
    triggers: triggers.filter((trigger) => typeof trigger["event"] === "string").map(readTrigger),
    crons: triggers.flatMap(({ cron }) => (typeof cron === "string" ? [cron] : [])),
    ...readStep(config["steps"]),
    cancelOn: list(config["cancel"]).map(readCancel),
    concurrency: readConcurrency(config["concurrency"]),
  };
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

function readConcurrency(rules: Json | undefined): ConcurrencyRule[] {
  if (rules === undefined) return [];
  if (typeof rules === "number") return [{ limit: rules }];
  return list(Array.isArray(rules) ? rules : [rules]).map(readRule);
}

function readRule({ limit, key, scope }: Fields): ConcurrencyRule {
  if (typeof limit !== "number") throw badConfig("A concurrency rule has no limit.");
  if (scope !== undefined && scope !== "fn") {
    throw new TestInngestError(
      "UNSUPPORTED_OPTION",
      `Concurrency of scope "${textOf(scope)}" is not modelled by the in-process Inngest.`,
    );
  }
  return { limit, ...(typeof key === "string" ? { key: readExpression(key) } : {}) };
}

type Fields = { readonly [key: string]: Json | undefined };

function list(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function badConfig(message: string): TestInngestError {
  return new TestInngestError("BAD_OPTION", message);
}
