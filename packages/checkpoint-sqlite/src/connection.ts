import { StorageError } from "@perdure/checkpoint-core";
import { type Prepare, type SqliteClient, statementsOf } from "./client.ts";
import { fileOf, libraryOf, rememberLibrary, requireOneLibrary } from "./libraries.ts";
import type { Place } from "./location.ts";
import { type OpenedClient, openClient } from "./open.ts";
import type { Turns } from "./turns.ts";

/** How much a write survives: `full` a power cut, `normal` a killed process. */
export type Durability = (typeof durabilities)[number];

export const durabilities = ["full", "normal"] as const;

/** How a connection treats what it writes and deletes. */
export interface Settings {
  readonly durability: Durability;
  /** Whether deleted bytes are overwritten with zeros; the connection's own setting when not given. */
  readonly secureDelete?: boolean;
}

/** A connection that is ready for our statements. */
export interface Connection {
  readonly client: SqliteClient;
  readonly prepare: Prepare;
}

/** A connection that is made when it is first needed. */
export interface LazyConnection {
  /** The connection, where it is there already: nothing has to be waited for. */
  opened(): Connection | undefined;
  /** The connection; tried again when opening it has failed. Throws `CLOSED` after `close`. */
  get(): Promise<Connection>;
  /** Waits for what is under way, then empties the log into the file and closes the connection, if we opened it. */
  close(): Promise<void>;
}

/** Connects to a place: no busy timeout, because SQLite's way of waiting blocks the event loop, `synchronous` as the durability asks, `secure_delete` if it is asked for. */
export function connect(
  place: Place,
  { durability, secureDelete }: Settings,
  queue: Turns,
): LazyConnection {
  let opening: Promise<Connection> | undefined;
  let opened: OpenedClient | undefined;
  let ready: Connection | undefined;
  let closed = false;
  const open = async (): Promise<Connection> => {
    const client =
      "database" in place ? place.database : (opened = await openClient(place.path, place.driver));
    await queue.read(() => {
      if ("database" in place) admit(client);
      client.exec("pragma busy_timeout = 0");
      client.exec(`pragma synchronous = ${durability === "normal" ? "normal" : "full"}`);
      if (secureDelete !== undefined)
        client.exec(`pragma secure_delete = ${secureDelete ? "on" : "off"}`);
    });
    return (ready = { client, prepare: statementsOf(client) });
  };
  const discard = (): void => {
    opening = undefined;
    ready = undefined;
    opened?.close();
    opened = undefined;
  };
  return {
    opened: () => (closed ? undefined : ready),
    async get() {
      if (closed) throw new StorageError("CLOSED", "The SQLite backend was closed.");
      const mine = (opening ??= open());
      try {
        return await mine;
      } catch (error) {
        if (opening === mine) discard();
        throw error;
      }
    },
    async close() {
      closed = true;
      await opening?.catch(() => undefined);
      await queue.idle();
      if (opened) emptyLog(opened);
      discard();
    },
  };
}

/** The log keeps the pages as they were until it is emptied. While others use the file it cannot be, and nothing is lost by that: whoever closes it last does it. */
function emptyLog(client: SqliteClient): void {
  try {
    client.prepare("pragma wal_checkpoint(truncate)").get();
  } catch {}
}

/** Takes a connection that was passed in for one of its library; `INVALID_ARGUMENT` when another one has its file open. */
function admit(client: SqliteClient): void {
  const library = libraryOf(Object.getPrototypeOf(client));
  const file = fileOf(client);
  requireOneLibrary(file, library);
  rememberLibrary(file, library, client);
}
