import { fileURLToPath } from "node:url";
import { StorageError } from "@perdure/checkpoint-core";
import type { SqliteClient } from "./client.ts";
import type { SqliteDriver } from "./open.ts";

/** Where the database is: a file that we open and close, or a connection that is the caller's and stays open. */
export type SqliteLocation = SqliteFile | SqliteUrl | SqliteConnection;

/** A file by its path (`:memory:` for one that lives in this process), made when it is not there. */
export interface SqliteFile {
  readonly path: string;
  /** The driver to open it with: better-sqlite3 where that is installed, else `node:sqlite`. */
  readonly driver?: SqliteDriver;
}

/** A file by its URL: `file:./agents.db`, or `file:///var/lib/agents.db`. */
export interface SqliteUrl {
  readonly url: string;
  readonly driver?: SqliteDriver;
}

/** A connection of better-sqlite3 or `node:sqlite`. It is never closed here. */
export interface SqliteConnection {
  readonly database: SqliteClient;
}

/** The path of a file; `INVALID_ARGUMENT` where there is none. */
export function pathOf(location: SqliteFile | SqliteUrl): string {
  if ("path" in location && typeof location.path === "string" && location.path !== "")
    return location.path;
  const url = "url" in location ? location.url : undefined;
  if (typeof url === "string" && url.startsWith("file://")) return fileURLToPath(url);
  if (typeof url === "string" && /^file:./.test(url)) return url.slice("file:".length);
  throw new StorageError(
    "INVALID_ARGUMENT",
    "A SQLite store needs a `path`, a `url` that begins with file:, or a `database`.",
  );
}
