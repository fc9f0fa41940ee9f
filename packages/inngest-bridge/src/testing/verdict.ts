import { isObject, type Json, textOf, wellFormed } from "./canonical.ts";
import { momentOf } from "./duration.ts";
import type { Limits } from "./limits.ts";
import { type Operation, readError, readOperations, tooLargeOf } from "./operation.ts";
import { serverFailure, type ServerFailure } from "./overflow.ts";
import type { RunError } from "./run.ts";

/** An answer of the SDK, or none. */
export type Answer =
  | { readonly kind: "lost"; readonly message: string }
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: { readonly [name: string]: string };
      readonly body: string;
    };

/** What an answer means for the run. */
export type Verdict =
  | { readonly kind: "completed"; readonly output: Json }
  | {
      readonly kind: "operations";
      readonly operations: readonly Operation[];
      readonly version: number;
      readonly noRetry: boolean;
      readonly retryAt?: number;
    }
  | {
      readonly kind: "failed";
      readonly outcome: ServerFailure;
      readonly noRetry: boolean;
      readonly retryAt?: number;
    };

export function judge(answer: Answer, limits: Limits, now: number): Verdict {
  if (answer.kind === "lost") return failure(answer.message);
  const { headers, body, status } = answer;
  if (Buffer.byteLength(body) > limits.responseBytes) return tooLarge();
  if (headers["x-inngest-sdk"] === undefined)
    return failure("response did not come from an Inngest SDK");
  const hints = {
    noRetry: headers["x-inngest-no-retry"] === "true",
    ...retryHint(headers["retry-after"], now),
  };
  const parsed = parseBody(body);
  if (status === 206)
    return judgeOperations(parsed, limits, Number(headers["x-inngest-req-version"] ?? 2), hints);
  if (status >= 200 && status < 300) return { kind: "completed", output: parsed };
  const wireError = hints.noRetry ? "NonRetriableError" : `invalid status code: ${status}`;
  const error = appError(parsed, wireError);
  return { kind: "failed", outcome: { status: "Failed", error, output: parsed }, ...hints };
}

/** A failure that the server finds itself; it may be tried again. */
export function failure(message: string, name = "Error"): Verdict {
  return { kind: "failed", outcome: serverFailure(name, message), noRetry: false };
}

interface Hints {
  readonly noRetry: boolean;
  readonly retryAt?: number;
}

function judgeOperations(body: Json, limits: Limits, version: number, hints: Hints): Verdict {
  const operations = readOperations(body);
  for (const operation of operations) {
    const large = tooLargeOf(operation, limits);
    if (large === undefined) continue;
    const why = `step ${large} size is greater than the limit`;
    return failure(`error validating generator opcode ${operation.id}: ${why}`);
  }
  return { kind: "operations", operations, version, ...hints };
}

function tooLarge(): Verdict {
  const message = "Your function's response body exceeds the maximum size limit";
  return {
    kind: "failed",
    outcome: serverFailure("output_too_large", message, {
      error: "output_too_large",
      inner: `output_too_large: ${message}`,
    }),
    noRetry: false,
  };
}

function appError(body: Json, wireError: string): RunError {
  if (!isObject(body)) return { error: wireError, name: "Error", message: textOf(body, wireError) };
  const { error, name, message, stack, cause } = readError(body);
  return {
    error: error === "" ? wireError : error,
    name: name === "" ? "Error" : name,
    message: message === "" ? wireError : message,
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined ? {} : { cause: wellFormed(cause) }),
  };
}

function parseBody(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}

const minRetryMs = 1000;
const maxRetryMs = 86_400_000;

function retryHint(header: string | undefined, now: number): { readonly retryAt?: number } {
  if (header === undefined || header === "") return {};
  const at = /^\d{1,7}$/u.test(header) ? now + Number(header) * 1000 : momentOf(header, now);
  return { retryAt: Math.min(Math.max(at, now + minRetryMs), now + maxRetryMs) };
}
