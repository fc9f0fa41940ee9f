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
  if (!isCallError(error)) return error;
  if (!error.isRetryable) return new NamedError("NonRetriableError", error);
  const delay = error.responseHeaders?.["retry-after"];
  if (delay === undefined) return error;
  if (/^\d+$/.test(delay)) return new NamedError("RetryAfterError", error, delay);
  const at = new Date(delay);
  return Number.isNaN(at.getTime())
    ? error
    : new NamedError("RetryAfterError", error, at.toISOString());
}

/** The SDK's error for a call over the network, of whatever copy of it. */
interface CallError extends Error {
  readonly isRetryable: boolean;
  readonly responseHeaders?: Readonly<Record<string, string>>;
}

function isCallError(error: unknown): error is CallError {
  return error instanceof Error && error.name === "AI_APICallError" && "isRetryable" in error;
}
