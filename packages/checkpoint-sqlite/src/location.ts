import { fileURLToPath } from "node:url";
import { StorageError } from "@perdure/checkpoint-core";
import type { SqliteClient } from "./client.ts";
import { drivers, type SqliteDriver } from "./open.ts";

/** Where the database is: a file that we open and close, or a connection that is the caller's and stays open. */
export type SqliteLocation = SqliteFile | SqliteUrl | SqliteConnection;

/** A file by its path (`:memory:` for one that lives in this process), made when it is not there. */
export interface SqliteFile {
  readonly path: string;
  /** The driver to open it with: better-sqlite3 where that is installed, else `node:sqlite`. */
  readonly driver?: SqliteDriver;
  readonly url?: undefined;
  readonly database?: undefined;
}

/** A file by its URL: `file:./agents.db`, or `file:///var/lib/agents.db`, without a query. */
export interface SqliteUrl {
  readonly url: string;
  readonly driver?: SqliteDriver;
  readonly path?: undefined;
  readonly database?: undefined;
}

/** A connection of better-sqlite3 or `node:sqlite`. It is never closed here. */
export interface SqliteConnection {
  readonly database: SqliteClient;
  readonly path?: undefined;
  readonly url?: undefined;
}

/** A location that was checked. */
export type Place = Pick<SqliteConnection, "database"> | Pick<SqliteFile, "path" | "driver">;

/** Where a location is; `INVALID_ARGUMENT` where it says no place, or one that cannot be. */
export function placeOf(location: SqliteLocation): Place {
  const { path: byPath, url, database } = location;
  if ([byPath, url, database].filter((given) => given !== undefined).length > 1)
    throw invalid("A SQLite store has one place: a `path`, a `url` or a `database`.");
  if ("database" in location && location.database !== undefined) {
    if (isClient(location.database)) return { database: location.database };
    throw invalid("`database` is no connection of better-sqlite3 or node:sqlite.");
  }
  const { driver } = location as { readonly driver?: SqliteDriver };
  if (driver !== undefined && !drivers.includes(driver))
    throw invalid(`There is no driver ${driver}: it is ${drivers.join(" or ")}.`);
  const path = pathOf(location);
  if (path.includes("\0")) throw invalid("The path of a SQLite file holds a NUL.");
  return driver === undefined ? { path } : { path, driver };
}

function pathOf({ path, url }: { readonly path?: unknown; readonly url?: unknown }): string {
  if (typeof path === "string" && path !== "") return path;
  if (typeof url === "string" && /[?#]/.test(url))
    throw invalid(
      `${url} has a query or a fragment, and none is understood: give the options by name, or a name that holds these signs as \`path\`.`,
    );
  if (typeof url === "string" && url.startsWith("file://")) return pathOfUrl(url);
  if (typeof url === "string" && /^file:./.test(url)) return url.slice("file:".length);
  throw invalid("A SQLite store needs a `path`, a `url` that begins with file:, or a `database`.");
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalid(`${url} is not the URL of a file on this machine.`, error);
  }
}

function isClient(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "prepare" in value &&
    typeof value.prepare === "function" &&
    "exec" in value &&
    typeof value.exec === "function"
  );
}

function invalid(message: string, cause?: unknown): StorageError {
  return new StorageError("INVALID_ARGUMENT", message, cause === undefined ? {} : { cause });
}
