/** An error that is not tried again, wherever a step throws it: in Inngest as `NonRetriableError` is, and where there is none. */
export class FinalError extends Error {
  override readonly name: string = "FinalError";
}
