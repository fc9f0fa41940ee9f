import { isStorageError, type StorageErrorCode } from "@perdure/checkpoint-core";

/** Why a request is refused, in words that the client may show. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The same for a thread that is not there and for one of somebody else: which of the two it is, is not told. */
export function noThread(): Refusal {
  return new Refusal(404, "There is no such thread.");
}

/** Of the store's errors those that are the request's own fault. Their messages stay here: they may name what only the server should know. */
const STATUS: Partial<Record<StorageErrorCode, readonly [status: number, message: string]>> = {
  INVALID_ARGUMENT: [400, "The request is not valid."],
  UNSUPPORTED_VALUE: [400, "The request holds a value that cannot be kept."],
  TOO_LARGE: [413, "The request is too large."],
  CONFLICT: [409, "It has changed meanwhile: load it again."],
  NOT_FOUND: [404, "There is no such thread."],
  FORBIDDEN: [404, "There is no such thread."],
  DELETED: [404, "There is no such thread."],
};

/** The answer to a request that failed, in the shape that the client reads; and whether the failure is the server's. */
export function refused(error: unknown): {
  readonly response: Response;
  readonly isOurs: boolean;
} {
  if (error instanceof Refusal)
    return { response: failure(error.status, error.message), isOurs: false };
  const known = isStorageError(error) ? STATUS[error.code] : undefined;
  if (known) return { response: failure(...known), isOurs: false };
  if (isStorageError(error) && error.retryable)
    return { response: failure(503, "Not now: try again."), isOurs: true };
  return { response: failure(500, "Something went wrong on the server."), isOurs: true };
}

/** The client reads `error.message`; a text in its place is not shown. */
function failure(status: number, message: string): Response {
  return answer({ error: { message } }, status);
}

/** What is said to one user is for nobody else: no cache keeps it. */
export function answer(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { "cache-control": "no-store" } });
}
