/** The drivers that each drill runs with. */
export const drivers = ["better-sqlite3", "node:sqlite"] as const;
