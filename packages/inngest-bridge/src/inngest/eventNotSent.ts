import { StorageError, type StorageErrorOptions } from "@perdure/checkpoint-core";

/**
 * What was asked for is stored, and its event did not reach Inngest, so nothing works on it yet. Retryable: the same call with this `runId` stores nothing more and
 * sends the event again; so does `resume({ runId })`.
 */
export class EventNotSentError extends StorageError {
  override readonly name = "EventNotSentError";
  readonly runId: string;

  constructor(
    message: string,
    { runId, ...options }: StorageErrorOptions & { readonly runId: string },
  ) {
    super("UNAVAILABLE", message, options);
    this.runId = runId;
  }
}
