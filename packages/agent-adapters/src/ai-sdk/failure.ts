import { APICallError } from "ai";

/** An error that Inngest takes for its own by its name. */
class NamedError extends Error {
  override readonly name: string;
  readonly retryAfter: string | undefined;

  constructor(name: string, cause: Error, retryAfter?: string) {
    super(cause.message, { cause });
    this.name = name;
    this.retryAfter = retryAfter;
  }
}

/** What a provider's refusal means for another try: none, at its time, or whenever the function tries again. */
export function providerFailure(error: unknown): unknown {
  if (!APICallError.isInstance(error)) return error;
  if (!error.isRetryable) return new NamedError("NonRetriableError", error);
  const delay = error.responseHeaders?.["retry-after"];
  if (delay === undefined) return error;
  if (/^\d+$/.test(delay)) return new NamedError("RetryAfterError", error, delay);
  const at = new Date(delay);
  return Number.isNaN(at.getTime())
    ? error
    : new NamedError("RetryAfterError", error, at.toISOString());
}
