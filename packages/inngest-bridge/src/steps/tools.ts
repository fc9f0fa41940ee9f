/** The part of Inngest's `step` that the bridge needs; a run without Inngest brings one of its own. */
export interface StepTools {
  /** The work's outcome is kept under the id: work that has succeeded is not done again in this execution. What stands behind the work is shown as the step's input, and nothing else comes of it. */
  run(
    step: { readonly id: string; readonly name?: string },
    work: () => Promise<unknown>,
    ...input: readonly unknown[]
  ): Promise<unknown>;
  /** Goes on after this many milliseconds. */
  sleep(id: string, ms: number): Promise<void>;
}
