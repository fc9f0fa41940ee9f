/** What a drill has seen, in one line, and whether it is what was promised. */
export interface DrillResult {
  readonly name: string;
  readonly passed: boolean;
  readonly line: string;
}

/** The drivers that each drill runs with. */
export const drivers = ["better-sqlite3", "node:sqlite"] as const;
