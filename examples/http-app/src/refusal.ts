import { isStorageError } from "@perdure/checkpoint-core";
import type { ErrorRequestHandler } from "express";

/** What a route refuses by itself. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const STATUS = new Map<string, number>([
  ["INVALID_ARGUMENT", 400],
  ["FORBIDDEN", 403],
  ["NOT_FOUND", 404],
  ["CONFLICT", 409],
  ["DELETED", 410],
]);

/** Errors as a client reads them. What may go well the next time is a 503; what nobody has foreseen says nothing of itself. */
export const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) next(error);
  else if (error instanceof Refused) response.status(error.status).json({ message: error.message });
  else if (isStorageError(error)) {
    const { code, message, retryable } = error;
    response.status(STATUS.get(code) ?? (retryable ? 503 : 500)).json({ code, message });
  } else response.status(500).json({ message: "Something went wrong." });
};
