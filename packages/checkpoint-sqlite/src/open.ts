import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { StorageError } from "@perdure/checkpoint-core";
import type { SqliteClient } from "./client.ts";
import { storageError } from "./errors.ts";
import { libraryOf, rememberLibrary, requireOneLibrary } from "./libraries.ts";

/** The drivers that this package can open a file with. */
export type SqliteDriver = (typeof drivers)[number];

export const drivers = ["better-sqlite3", "node:sqlite"] as const;

/** A connection that we opened, and therefore close. */
export interface OpenedClient extends SqliteClient {
  close(): unknown;
}

/**
 * Opens a file, which is made when it is not there. Without a driver named it is better-sqlite3 where that is installed, else `node:sqlite`. Throws
 * `INVALID_ARGUMENT`, and opens nothing, when another SQLite library has the file open in this process.
 */
export async function openClient(
  path: string,
  driver: SqliteDriver | undefined,
): Promise<OpenedClient> {
  const { prototype, open } =
    driver === "node:sqlite" ? await nodeSqlite() : await betterSqlite3(driver);
  const library = libraryOf(prototype);
  const place = path === ":memory:" ? path : resolve(path);
  requireOneLibrary(place, library);
  try {
    const client = open(place);
    rememberLibrary(place, library, client);
    return client;
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

/** A library that is loaded. */
interface Loaded {
  readonly prototype: unknown;
  readonly open: (path: string) => OpenedClient;
}

/** With no driver named, `node:sqlite` takes the place of one that is not installed. */
async function betterSqlite3(driver: SqliteDriver | undefined): Promise<Loaded> {
  try {
    // @ts-ignore: the driver has no types of its own, and is optional
    const { default: Database } = (await import("better-sqlite3")) as {
      readonly default: {
        readonly prototype: unknown;
        new (path: string, options: { readonly timeout: number }): OpenedClient;
      };
    };
    return {
      prototype: Database.prototype,
      open: (path) => new Database(path, { timeout: 0 }),
    };
  } catch (error) {
    if (driver === undefined && isMissing(error)) return nodeSqlite();
    throw new StorageError("UNAVAILABLE", "better-sqlite3 cannot be loaded.", { cause: error });
  }
}

async function nodeSqlite(): Promise<Loaded> {
  const { DatabaseSync } = await import("node:sqlite");
  return { prototype: DatabaseSync.prototype, open: (path) => new DatabaseSync(path) };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}
