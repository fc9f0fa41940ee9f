import { existsSync } from "node:fs";
import { StorageError } from "@perdure/checkpoint-core";
import type { SqliteClient } from "./client.ts";
import { storageError } from "./errors.ts";

/** The drivers that this package can open a file with. */
export type SqliteDriver = "better-sqlite3" | "node:sqlite";

/** A connection that we opened, and therefore close. */
export interface OpenedClient extends SqliteClient {
  close(): unknown;
}

/** Opens a file, which is made when it is not there. Without a driver named it is better-sqlite3 where that is installed, else `node:sqlite`. */
export async function openClient(
  path: string,
  driver: SqliteDriver | undefined,
): Promise<OpenedClient> {
  const open = driver === "node:sqlite" ? await nodeSqlite() : await betterSqlite3(driver);
  try {
    return open(path);
  } catch (error) {
    const cause = storageError(error);
    throw cause.code === "BACKEND"
      ? new StorageError("UNAVAILABLE", `SQLite cannot open ${path}.`, { cause: error })
      : cause;
  }
}

/** Throws when the path names a file that is not there: opening it would make it. */
export function requireFile(path: string): void {
  if (path !== ":memory:" && !existsSync(path))
    throw new StorageError("NOT_FOUND", `There is no SQLite file at ${path}: run setup.`);
}

type Open = (path: string) => OpenedClient;

/** With no driver named, `node:sqlite` takes the place of one that is not installed. */
async function betterSqlite3(driver: SqliteDriver | undefined): Promise<Open> {
  try {
    // @ts-ignore: the driver has no types of its own, and is optional
    const { default: Database } = (await import("better-sqlite3")) as {
      readonly default: new (path: string, options: { readonly timeout: number }) => OpenedClient;
    };
    return (path) => new Database(path, { timeout: 0 });
  } catch (error) {
    if (driver === undefined && isMissing(error)) return nodeSqlite();
    throw new StorageError("UNAVAILABLE", "better-sqlite3 cannot be loaded.", { cause: error });
  }
}

async function nodeSqlite(): Promise<Open> {
  const { DatabaseSync } = await import("node:sqlite");
  return (path) => new DatabaseSync(path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}
