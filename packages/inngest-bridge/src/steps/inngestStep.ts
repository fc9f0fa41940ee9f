/** What of Inngest's own `step` a tool's steps are made with, beside those of the bridge. */
export interface InngestStep {
  sendEvent(id: unknown, events: unknown): Promise<unknown>;
  invoke(id: unknown, options: unknown): Promise<unknown>;
}
