import { isStorageError } from "@perdure/checkpoint-core";
import { FinalError } from "./finalError.ts";
import { retryErrors } from "./retryErrors.ts";
import { providerDelay } from "./retryAfter.ts";
import { wellFormed } from "./text.ts";

/** Whose error it is: a tool's is shown to the model when its retries are used up, any other ends the run. */
export type FailureOrigin = "tool" | "model" | "store" | "bridge";

/** An error as it crosses a step: a plain cause is all of it that arrives whole on the other side, and only without a `name`, with which the SDK would take it for an error. */
export interface CrossedCause {
  readonly perdure: 1;
  readonly origin: FailureOrigin;
  readonly kind: string;
  readonly code?: string;
}

/** An error that came out of a step, after its retries. `code` is the one that it went in with. */
export class StepFailure extends Error {
  override readonly name: string;
  readonly origin: FailureOrigin | undefined;
  readonly code: string | undefined;

  constructor(message: string, init: Partial<CrossedCause> & { readonly cause: unknown }) {
    super(message, { cause: init.cause });
    this.name = init.kind ?? "StepFailure";
    this.origin = init.origin;
    this.code = init.code;
  }
}

// What an error says may be a whole response; the server keeps it with each attempt.
const MAX_MESSAGE_UNITS = 4096;

/** A tool or a model threw it. Only thrown inside of a step, and rebuilt at its edge. */
export class Thrown extends Error {
  override readonly name = "Thrown";
  readonly origin: FailureOrigin;

  constructor(origin: FailureOrigin, cause: unknown) {
    super("", { cause });
    this.origin = origin;
  }
}

/** An error that Inngest treats as the original: retried, retried after its delay, or not at all. It is one that survives the way; whatever was thrown, there is one. */
export function crossing(thrown: unknown): Error {
  const origin =
    thrown instanceof Thrown || thrown instanceof StepFailure ? thrown.origin : undefined;
  const error = thrown instanceof Thrown ? thrown.cause : thrown;
  const { name, message } = describe(error);
  const code = readable(() => codeOf(error));
  const cause: CrossedCause = {
    perdure: 1,
    origin: origin ?? (readable(() => isStorageError(error)) ? "store" : "bridge"),
    kind: name,
    ...(code === undefined ? {} : { code }),
  };
  return withTrace(rebuilt(error, name, message, cause), error);
}

function rebuilt(error: unknown, name: string, message: string, cause: CrossedCause): Error {
  const { NonRetriableError, RetryAfterError } = retryErrors();
  if (!isRetried(error)) return named(new NonRetriableError(message, { cause }), name);
  const delay = retryAfterOf(error);
  if (delay !== undefined) return new RetryAfterError(message, delay, { cause });
  return named(new Error(message, { cause }), name);
}

function withTrace(error: Error, original: unknown): Error {
  const stack = readable(() => (original instanceof Error ? original.stack : undefined));
  const text = stack === undefined ? undefined : cleaned(stack, 2 * MAX_MESSAGE_UNITS);
  if (text !== undefined) error.stack = text;
  return error;
}

/** Whether Inngest tries again after this error, if attempts are left. One that came out of a step has used up its own. */
export function isRetried(thrown: unknown): boolean {
  const error = thrown instanceof Thrown ? thrown.cause : thrown;
  const known = readable(() => {
    const { NonRetriableError } = retryErrors();
    if (error instanceof NonRetriableError || error instanceof FinalError) return false;
    if (error instanceof StepFailure) return false;
    if (!isStorageError(error)) return undefined;
    // A store closes when its process ends: the next attempt is another process's, with a store of its own.
    return error.retryable || error.code === "CLOSED";
  });
  return known ?? describe(error).name !== "NonRetriableError";
}

/** When a `RetryAfterError`, also one of another copy of the SDK, an error of a store, or the response behind a provider's error says that it is worth another try: in so many milliseconds, or then. */
export function retryAfterOf(thrown: unknown): number | Date | undefined {
  return readable(() => delayOf(thrown instanceof Thrown ? thrown.cause : thrown));
}

function delayOf(error: unknown): number | Date | undefined {
  if (isStorageError(error) && error.retryAfterMs !== undefined) return error.retryAfterMs;
  if (!(error instanceof Error) || error.name !== "RetryAfterError") return providerDelay(error);
  const wanted: unknown = "retryAfter" in error ? error.retryAfter : undefined;
  if (typeof wanted !== "string") return undefined;
  if (/^\d+$/.test(wanted)) return Number(wanted) * 1000;
  const at = new Date(wanted);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** The error that a step gave the function's body, with what it was when it was thrown. */
export function failureOf(error: unknown): StepFailure {
  const { name, message } = describe(error);
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (!isCrossed(cause)) return new StepFailure(message, { kind: name, cause: error });
  return new StepFailure(message, { ...cause, cause: error });
}

/** An error's name and message, safe to leave a step: whole characters only, and not too many. What throws when it is read is said to be so. */
export function describe(error: unknown): { readonly name: string; readonly message: string } {
  const isError = readable(() => error instanceof Error) === true;
  const part = (key: "name" | "message"): unknown => (error as Error)[key];
  const name = isError
    ? cleaned(
        readable(() => part("name")),
        200,
      )
    : undefined;
  const message = readable(() => (isError ? part("message") : textOf(error)));
  return {
    name: name === undefined || name === "" ? "Error" : name,
    message: cleaned(message, MAX_MESSAGE_UNITS) ?? UNREADABLE,
  };
}

const UNREADABLE = "What was thrown cannot be read.";

/** What a thrown value says: reading it runs code that we don't know, and an error on the way must not hide that it was thrown. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function cleaned(text: unknown, units: number): string | undefined {
  return text === undefined ? undefined : readable(() => clean(text, units));
}

function isCrossed(cause: unknown): cause is CrossedCause {
  return typeof cause === "object" && cause !== null && "perdure" in cause && "origin" in cause;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? clean(error.code, 200) : undefined;
}

function named<E extends Error>(error: E, name: string): E {
  Object.defineProperty(error, "name", { value: name, enumerable: false, configurable: true });
  return error;
}

function textOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown;
  try {
    return JSON.stringify(thrown) ?? String(thrown);
  } catch {
    return String(thrown);
  }
}

function clean(text: unknown, units: number): string {
  return wellFormed(String(text).slice(0, units));
}
