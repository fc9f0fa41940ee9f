import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
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
 * `INVALID_ARGUMENT`, and opens nothing, when another SQLite library has the file open in this process. A driver that is installed and cannot be loaded is
 * `BACKEND`, and none takes its place.
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
    throw openError(place, error);
  }
}

/** Throws when the path names a file that is not there: opening it would make it. */
export function requireFile(path: string): void {
  if (path !== ":memory:" && !existsSync(path))
    throw new StorageError("NOT_FOUND", `There is no SQLite file at ${path}: run setup.`);
}

/** Why a file cannot be opened, and what to do about it where that is known. */
function openError(place: string, error: unknown): StorageError {
  if (isUnloadable(error)) return unloadable(error);
  const folder = dirname(place);
  if (place !== ":memory:" && !existsSync(folder))
    return new StorageError("NOT_FOUND", `There is no folder ${folder}: make it first.`, {
      cause: error,
    });
  if (statSync(place, { throwIfNoEntry: false })?.isDirectory())
    return new StorageError("INVALID_ARGUMENT", `${place} is a folder, not a SQLite file.`, {
      cause: error,
    });
  return storageError(error);
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
    if (!isMissing(error)) throw unloadable(error);
    if (driver === undefined) return nodeSqlite();
    throw new StorageError(
      "INVALID_ARGUMENT",
      "better-sqlite3 is not installed: npm install better-sqlite3, or leave out `driver`.",
      { cause: error },
    );
  }
}

async function nodeSqlite(): Promise<Loaded> {
  const { DatabaseSync } = await import("node:sqlite");
  return { prototype: DatabaseSync.prototype, open: (path) => new DatabaseSync(path) };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
}

/** The driver loads its binary when the first file is opened: one for another Node fails with this code, one that was never built with these words. */
function isUnloadable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && error.code === "ERR_DLOPEN_FAILED") return true;
  return error.message.startsWith("Could not locate the bindings file");
}

/** Not `node:sqlite` in its place: which library has a file is nothing to change unasked. */
function unloadable(cause: unknown): StorageError {
  return new StorageError(
    "BACKEND",
    'better-sqlite3 is installed, and its binary cannot be loaded into this Node: run "npm rebuild better-sqlite3", or give `driver: "node:sqlite"`.',
    { cause },
  );
}
