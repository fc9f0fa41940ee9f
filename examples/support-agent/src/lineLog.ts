import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** Entries of a file, one JSON value a line: what a process wrote here is there for others, also after it was killed. */
export interface LineLog<T> {
  add(entry: T): void;
  all(): readonly T[];
}

/** Opens the log; the file is made by the first entry. */
export function lineLog<T>(path: string): LineLog<T> {
  return {
    add(entry) {
      appendFileSync(path, `${JSON.stringify(entry)}\n`);
    },
    all() {
      if (!existsSync(path)) return [];
      const lines = readFileSync(path, "utf8").split("\n");
      return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
    },
  };
}
