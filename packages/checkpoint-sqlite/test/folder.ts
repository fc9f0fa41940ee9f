import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The path of a database file that is not there yet, in a folder of its own. */
export async function newFile(): Promise<{
  readonly path: string;
  readonly remove: () => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-sqlite-"));
  return {
    path: join(folder, "test.db"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The same, removed when the test has finished. */
export async function testFile(): Promise<string> {
  const { path, remove } = await newFile();
  onTestFinished(remove);
  return path;
}

/** The drivers that every test of this package runs with. */
export const drivers = ["better-sqlite3", "node:sqlite"] as const;
