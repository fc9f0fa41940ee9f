import { isObject, type Json, textOf } from "./canonical.ts";
import { milliseconds } from "./duration.ts";
import { TestInngestError } from "./errors.ts";
import { type Expression, readExpression } from "./expression.ts";

/** Steps of runs with an equal key, of one function or of all, that may be under way at once. */
export interface ConcurrencyRule {
  readonly limit: number;
  readonly scope: "fn" | "env" | "account";
  readonly key?: Expression;
}

/** So many in a period, evenly over it, and `burst` more at once. */
export interface RateRule {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
  readonly key?: Expression;
}

export interface SingletonRule {
  readonly mode: "skip" | "cancel";
  readonly key?: Expression;
}

export interface DebounceRule {
  readonly periodMs: number;
  readonly timeoutMs?: number;
  readonly key?: Expression;
}

export interface BatchRule {
  readonly maxSize: number;
  readonly timeoutMs: number;
  readonly key?: Expression;
  readonly condition?: Expression;
}

/** What decides which events start a run of a function, when, and how many of its steps work at once. */
export interface FlowRules {
  readonly concurrency: readonly ConcurrencyRule[];
  readonly singleton?: SingletonRule;
  /** Refuses events; an idempotency key is one in 24 hours. */
  readonly rateLimit?: RateRule;
  /** Delays the first calls of runs. */
  readonly throttle?: RateRule;
  readonly debounce?: DebounceRule;
  readonly batch?: BatchRule;
  /** Milliseconds that a run may wait for its first call, and take from it to its end. */
  readonly timeouts: { readonly start?: number; readonly finish?: number };
  /** Seconds by which a run goes before, or after, what is due with it. */
  readonly priority?: Expression;
}

type Fields = { readonly [key: string]: Json | undefined };

const idempotencyMs = 86_400_000;

/** Reads the flow control of one registered function. A value that says nothing of use is `BAD_OPTION`. */
export function readFlowRules(config: Fields): FlowRules {
  const { idempotency } = config;
  const rate = isObject(config["rateLimit"]) ? readRateLimit(config["rateLimit"]) : undefined;
  const rateLimit =
    typeof idempotency === "string"
      ? { limit: 1, periodMs: idempotencyMs, burst: 0, key: readExpression(idempotency) }
      : rate;
  return {
    concurrency: readConcurrency(config["concurrency"]),
    ...read(config["singleton"], (fields) => ({ singleton: readSingleton(fields) })),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...read(config["throttle"], (fields) => ({ throttle: readThrottle(fields) })),
    ...read(config["debounce"], (fields) => ({ debounce: readDebounce(fields) })),
    ...read(config["batchEvents"], (fields) => ({ batch: readBatch(fields) })),
    timeouts: read(config["timeouts"], readTimeouts),
    ...read(config["priority"], ({ run }) =>
      typeof run === "string" ? { priority: readExpression(run) } : {},
    ),
  };
}

function read<T extends object>(value: Json | undefined, as: (fields: Fields) => T): T | object {
  return isObject(value) ? as(value) : {};
}

function readConcurrency(rules: Json | undefined): ConcurrencyRule[] {
  if (rules === undefined) return [];
  if (typeof rules === "number") return [{ limit: rules, scope: "fn" }];
  return (Array.isArray(rules) ? rules : [rules]).filter(isObject).map(readConcurrencyRule);
}

function readConcurrencyRule(fields: Fields): ConcurrencyRule {
  const scope = textOf(fields["scope"], "fn");
  if (scope !== "fn" && scope !== "env" && scope !== "account") {
    throw bad(`Concurrency has no scope "${scope}".`);
  }
  if (scope !== "fn" && typeof fields["key"] !== "string") {
    throw bad(`Concurrency of scope "${scope}" needs a key.`);
  }
  return { limit: numberOf(fields, "limit", "concurrency"), scope, ...keyOf(fields) };
}

function readSingleton(fields: Fields): SingletonRule {
  const mode = textOf(fields["mode"], "skip");
  if (mode !== "skip" && mode !== "cancel") throw bad(`A singleton has no mode "${mode}".`);
  return { mode, ...keyOf(fields) };
}

/** The server lets a tenth of the limit go at once beyond one. */
function readRateLimit(fields: Fields): RateRule {
  const rule = readRate(fields, "rateLimit");
  return { ...rule, burst: Math.floor(rule.limit / 10) };
}

function readThrottle(fields: Fields): RateRule {
  const { burst } = fields;
  return { ...readRate(fields, "throttle"), ...(typeof burst === "number" ? { burst } : {}) };
}

function readRate(fields: Fields, option: string): RateRule {
  const limit = Math.max(1, numberOf(fields, "limit", option));
  return { limit, periodMs: timeOf(fields, "period"), burst: 0, ...keyOf(fields) };
}

function readDebounce(fields: Fields): DebounceRule {
  const timeout = fields["timeout"] === undefined ? {} : { timeoutMs: timeOf(fields, "timeout") };
  return { periodMs: timeOf(fields, "period"), ...timeout, ...keyOf(fields) };
}

function readBatch(fields: Fields): BatchRule {
  const { if: condition } = fields;
  return {
    maxSize: numberOf(fields, "maxSize", "batchEvents"),
    timeoutMs: timeOf(fields, "timeout"),
    ...keyOf(fields),
    ...(typeof condition === "string" ? { condition: readExpression(condition) } : {}),
  };
}

function readTimeouts(fields: Fields): FlowRules["timeouts"] {
  return {
    ...(fields["start"] === undefined ? {} : { start: timeOf(fields, "start") }),
    ...(fields["finish"] === undefined ? {} : { finish: timeOf(fields, "finish") }),
  };
}

function keyOf({ key }: Fields): { readonly key?: Expression } {
  return typeof key === "string" ? { key: readExpression(key) } : {};
}

function numberOf(fields: Fields, name: string, option: string): number {
  const value = fields[name];
  if (typeof value !== "number") throw bad(`The option "${option}" needs a number "${name}".`);
  return value;
}

function timeOf(fields: Fields, name: string): number {
  const value = fields[name];
  return milliseconds(typeof value === "number" ? value : textOf(value));
}

function bad(message: string): TestInngestError {
  return new TestInngestError("BAD_OPTION", message);
}
