export type TestInngestErrorCode =
  | "BAD_DURATION"
  | "BAD_EVENT"
  | "BAD_OPTION"
  | "BAD_TOKEN"
  | "NO_GATEWAY"
  | "STUCK"
  | "SYNC_FAILED"
  | "UNKNOWN_FUNCTION"
  | "UNKNOWN_INSTANCE"
  | "UNKNOWN_RUN"
  | "UNSUPPORTED_EXPRESSION"
  | "UNSUPPORTED_OPCODE"
  | "UNSUPPORTED_OPTION";

/** What the test was asking for cannot be done here; nothing of a run fails with it. */
export class TestInngestError extends Error {
  override readonly name = "TestInngestError";
  readonly code: TestInngestErrorCode;

  constructor(code: TestInngestErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The network between server and app broke: no answer, and nobody knows how far the other side got. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}
