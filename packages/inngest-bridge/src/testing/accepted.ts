import { isObject, type Json, textOf } from "./canonical.ts";
import { milliseconds } from "./duration.ts";
import { TestInngestError } from "./errors.ts";
import { readExpression } from "./expression.ts";

type Fields = { readonly [key: string]: Json | undefined };

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const MOST_TRIGGERS = 10;
const LONGEST_EVENT_NAME = 255;
const MOST_CANCELLATIONS = 5;
const MOST_CONCURRENCY = 2;
const LEAST_BATCH = 2;
const LONGEST_DEBOUNCE_DAYS = 7;

/** Refuses (`BAD_OPTION`) what a server refuses of a function when its app registers, and would have no say in later: of the whole app none is taken then. */
export function checkAccepted(id: string, config: Fields): void {
  const problem = [
    triggerProblem(list(config["triggers"])),
    cancelProblem(list(config["cancel"])),
    list(config["concurrency"]).length > MOST_CONCURRENCY
      ? `more than ${MOST_CONCURRENCY} concurrency limits`
      : undefined,
    batchProblem(config),
    limitProblem(config),
  ].find((found) => found !== undefined);
  if (problem !== undefined)
    throw new TestInngestError("BAD_OPTION", `Inngest refuses the function "${id}": ${problem}.`);
}

function triggerProblem(triggers: readonly Fields[]): string | undefined {
  if (triggers.length > MOST_TRIGGERS) return `more than ${MOST_TRIGGERS} triggers`;
  const texts = triggers.map(({ event, cron, expression }) =>
    JSON.stringify(cron === undefined ? [event, expression] : [cron]),
  );
  const twice = texts.find((text, place) => texts.indexOf(text) !== place);
  if (twice !== undefined) return `the trigger ${twice} twice`;
  const isLong = triggers.some(({ event }) => textOf(event).length > LONGEST_EVENT_NAME);
  return isLong ? `an event's name longer than ${LONGEST_EVENT_NAME}` : undefined;
}

/** A condition may compare, and no more: no functions, and no sums. */
function cancelProblem(rules: readonly Fields[]): string | undefined {
  if (rules.length > MOST_CANCELLATIONS) return `more than ${MOST_CANCELLATIONS} cancelOn`;
  const calling = rules
    .map((rule) => rule["if"])
    .find((source) => typeof source === "string" && !readExpression(source).isLogic);
  return calling === undefined
    ? undefined
    : `a function, a method or + in the condition of a cancelOn (${textOf(calling)})`;
}

function batchProblem(config: Fields): string | undefined {
  const { batchEvents: batch } = config;
  if (!isObject(batch)) return undefined;
  const { maxSize, timeout } = batch;
  if (typeof maxSize === "number" && maxSize < LEAST_BATCH)
    return `a batch of less than ${LEAST_BATCH} events`;
  if (timeOf(timeout) < SECOND_MS) return "a batch with a timeout below a second";
  const other = ["cancel", "debounce", "singleton", "priority"].find((name) => has(config, name));
  return other === undefined ? undefined : `batchEvents and ${other} together`;
}

function limitProblem({ debounce, rateLimit }: Fields): string | undefined {
  if (isObject(debounce)) {
    const period = timeOf(debounce["period"]);
    if (period < SECOND_MS || period > LONGEST_DEBOUNCE_DAYS * DAY_MS)
      return "a debounce of less than a second, or more than seven days";
  }
  if (!isObject(rateLimit)) return undefined;
  const { limit, period } = rateLimit;
  if (typeof limit === "number" && limit < 1) return "a rate limit of none";
  return timeOf(period) > DAY_MS ? "a rate limit over more than a day" : undefined;
}

function has(config: Fields, name: string): boolean {
  const { [name]: value } = config;
  return isObject(value) || (Array.isArray(value) && value.length > 0);
}

function list(value: Json | undefined): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function timeOf(value: Json | undefined): number {
  return milliseconds(typeof value === "number" ? value : textOf(value));
}
