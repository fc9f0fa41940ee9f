/** What one call of `maintain` did. */
export interface MaintenanceReport {
  /** Pieces of work that were finished, by kind. */
  readonly done: Readonly<Record<string, number>>;
  /** Pieces of work that failed and stay noted: the next call tries them again. */
  readonly failed: readonly { readonly kind: string; readonly error: unknown }[];
  /** True when the time ran out before everything that was due had been looked at. */
  readonly more: boolean;
}
