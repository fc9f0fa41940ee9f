/** What of Inngest's own `step` a tool's steps are made with, beside those of the bridge. */
export interface InngestStep {
  sendEvent(id: unknown, events: unknown): Promise<unknown>;
  invoke(id: unknown, options: unknown): Promise<unknown>;
  /** Goes on with the first event that matches and comes after this was asked for, or with `null` when none came in time. */
  waitForEvent(id: unknown, options: unknown): Promise<unknown>;
}
