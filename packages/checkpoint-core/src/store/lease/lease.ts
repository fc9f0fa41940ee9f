/** The right to write for a run: who holds it, and the fence that each write under it checks. Plain data; it may cross a step. */
export interface Lease {
  readonly threadId: string;
  readonly runId: string;
  readonly execution: string;
  /** The revision of the lease record: another holder has a higher one. */
  readonly fence: number;
  /** The thread's life. */
  readonly life: number;
}
