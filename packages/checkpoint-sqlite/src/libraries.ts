import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { StorageError } from "@perdure/checkpoint-core";
import type { SqliteClient } from "./client.ts";

/** A copy of SQLite that is loaded into this process, told by the root of its connections' prototypes. */
export type Library = object;

/** An open connection to a file. A connection that was collected is closed, so it is not kept from that. */
interface Connected {
  readonly library: Library;
  readonly client: WeakRef<SqliteClient>;
}

/** The one registry of a process, whichever copy of this package asks. */
const registryKey = Symbol.for("@perdure/checkpoint-sqlite/libraries");

/** The library that connections with this prototype belong to, also those of a subclass; `undefined` for a plain object, which tells nothing. */
export function libraryOf(prototype: unknown): Library | undefined {
  let library: Library | undefined;
  let at = prototype;
  while (typeof at === "object" && at !== null) {
    const next = Object.getPrototypeOf(at) as unknown;
    if (next === null) return library;
    library = at;
    at = next;
  }
  return library;
}

/**
 * Throws `INVALID_ARGUMENT` when another library has the file open in this process: POSIX locks do not hold between two libraries of one process, so each
 * takes itself for the last when it closes the file, and deletes the log that the other one's acknowledged writes are in
 * (https://www.sqlite.org/howtocorrupt.html, 2.2.1).
 */
export function requireOneLibrary(path: string, library: Library | undefined): void {
  if (library === undefined || path === "" || path === ":memory:") return;
  const file = realPathOf(path);
  const other = openOn(file).find((connected) => connected.library !== library);
  if (other === undefined) return;
  const [mine, theirs] = [library, other.library].map(nameOf);
  throw new StorageError(
    "INVALID_ARGUMENT",
    `${file} is open in this process with another SQLite library (${theirs}; asked for: ${mine}), and two of them lose acknowledged writes: use the same one, or another process.`,
  );
}

/** Keeps in mind that the file is open, for as long as the connection is. */
export function rememberLibrary(
  path: string,
  library: Library | undefined,
  client: SqliteClient,
): void {
  if (library === undefined || path === "" || path === ":memory:") return;
  const file = realPathOf(path);
  const known = openOn(file).filter((connected) => connected.client.deref() !== client);
  registry().set(file, [...known, { library, client: new WeakRef(client) }]);
}

/** The file of a connection; empty for one that is in memory. */
export function fileOf(client: SqliteClient): string {
  const row = client.prepare("pragma database_list").get();
  return (row as { readonly file?: string | null } | undefined)?.file ?? "";
}

function registry(): Map<string, readonly Connected[]> {
  const place = globalThis as { [registryKey]?: Map<string, readonly Connected[]> };
  return (place[registryKey] ??= new Map());
}

/** The connections to a file that are open still; those that are not are forgotten. */
function openOn(file: string): readonly Connected[] {
  const known = registry();
  const open = (known.get(file) ?? []).filter(({ client }) => isOpen(client.deref()));
  if (open.length === 0) known.delete(file);
  else known.set(file, open);
  return open;
}

/** better-sqlite3 says `open`, `node:sqlite` says `isOpen`. */
function isOpen(client: SqliteClient | undefined): boolean {
  if (client === undefined) return false;
  if ("open" in client && typeof client.open === "boolean") return client.open;
  return !("isOpen" in client) || client.isOpen !== false;
}

function realPathOf(path: string): string {
  return existing(path) ?? join(existing(dirname(path)) ?? resolve(dirname(path)), basename(path));
}

function existing(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function nameOf({ constructor }: Library): string {
  return constructor.name === "DatabaseSync" ? "node:sqlite" : "better-sqlite3";
}
