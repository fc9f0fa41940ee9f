/** The errors by which Inngest tells whether a step is tried again, and when. */
export interface RetryErrors {
  readonly NonRetriableError: new (message: string, options: { readonly cause: unknown }) => Error;
  readonly RetryAfterError: new (
    message: string,
    delay: number | Date,
    options: { readonly cause: unknown },
  ) => Error;
}

/** They stand in where there is no Inngest: nothing is retried there, so that nobody asks for more than a name. */
class NonRetriableError extends Error {
  override readonly name: string = "NonRetriableError";
}

class RetryAfterError extends Error {
  override readonly name: string = "RetryAfterError";

  constructor(message: string, _delay: number | Date, options: { readonly cause: unknown }) {
    super(message, options);
  }
}

let known: RetryErrors = { NonRetriableError, RetryAfterError };

export function retryErrors(): RetryErrors {
  return known;
}

/**
 * From now on these are the errors. Inngest knows its own by identity, and the parts of the bridge that also work without it must not load it: so they are handed
 * over, once, by the module that loads it.
 */
export function useRetryErrors(errors: RetryErrors): void {
  known = errors;
}
