import { StorageError } from "./errors.ts";
import type { Store } from "./store/contract.ts";

/** What an argument or an option has to be: a store, an object (a function is one too), a function, a text that is not empty, or a list. */
export type Needed = "store" | "object" | "function" | "text" | "list";

/**
 * Refuses a call without what nothing can stand in for (`INVALID_ARGUMENT`), where it is made and not where it is used: the error names who was called, and the first of the needed names that is
 * missing or is no such thing; with `known`, also the first name that is not among them, which would be passed over. `given` are the call's options, or its arguments by their names.
 */
export function checkGiven(
  who: string,
  given: unknown,
  needs: Readonly<Record<string, Needed>> = {},
  known?: ReadonlySet<string>,
): void {
  const isGiven = isObject(given);
  for (const [name, needed] of Object.entries(needs)) {
    const value = isGiven ? (given as Readonly<Record<string, unknown>>)[name] : undefined;
    if (value === undefined || value === "") throw invalid(`${who} needs ${name}.`);
    if (!isNeeded[needed](value))
      throw invalid(`The ${name} of ${who} ${reasonOf(needed, value)}.`);
  }
  if (!isGiven) throw invalid(`${who} needs options.`);
  const other = known && Object.keys(given as object).find((name) => !known.has(name));
  if (other !== undefined) throw invalid(`${who} has no option "${other}".`);
}

/** Whether it is a store, of this package or of another copy of it. */
export function isStore(value: unknown): value is Store {
  return typeof value === "object" && value !== null && "commit" in value && "runs" in value;
}

const isNeeded: Readonly<Record<Needed, (value: unknown) => boolean>> = {
  store: isStore,
  object: isObject,
  function: (value) => typeof value === "function",
  text: (value) => typeof value === "string" && value !== "",
  list: (value) => Array.isArray(value),
};

function reasonOf(needed: Needed, value: unknown): string {
  if (needed !== "store") return `must be ${WORDS[needed]}`;
  return value instanceof Promise
    ? "is a promise: await what openStore gives"
    : "is none: openStore, createStore and the backends' own functions make one";
}

const WORDS: Readonly<Record<Exclude<Needed, "store">, string>> = {
  object: "an object",
  function: "a function",
  text: "a text",
  list: "a list",
};

function isObject(value: unknown): boolean {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}

function invalid(message: string): StorageError {
  return new StorageError("INVALID_ARGUMENT", message);
}
