/** When an operation was under way. Without an end its outcome is unknown: it may have taken effect at any time after its start, or never. */
export interface Timed {
  readonly start: number;
  readonly end?: number;
}

/** What a thing does when it is used by one client alone. */
export interface Model<O, S> {
  readonly initial: S;
  /**
   * The state after the operation; the same object where the operation changes nothing; `undefined` where it cannot have had its answer in this state. One without an
   * answer has the effect that it would have.
   */
  next(state: S, operation: O): S | undefined;
  /** Whether the operation, with the answer that it had, changes nothing in any state. */
  quiet(operation: O): boolean;
  /** Equal for two states exactly when no later operation can tell them apart. */
  keyOf(state: S): string;
  /** Equal for two operations without an answer that have the same effect in every state. */
  alike(operation: O): string;
  /** Higher for an operation without an answer that fits in fewer states, so that it is tried before others. */
  pickiness(operation: O): number;
}
