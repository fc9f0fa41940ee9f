import { createHash } from "node:crypto";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ContentionError, StorageError } from "@perdure/checkpoint-core";
import type { PgliteClient, PostgresPool } from "./client.ts";
import { connectionSettings, loadDriver, type OpenedPool } from "./driver.ts";
import { isLostRace, isLostStatement, storageError } from "./errors.ts";
import { CONNECT_MS, type Place } from "./location.ts";

/** A pause between two tries, in milliseconds. It does not grow with the tries: whoever has lost often would lose more often still. */
const MAX_PAUSE_MS = 20;

/** One statement with places for its values. */
export interface Statement {
  readonly text: string;
  /** Of its prepared statement: made from the text, so that two that are named alike are the same. Without it the statement is not prepared. */
  readonly name?: string;
  /** It is not tried again when it has lost a race: whoever runs it has another way. */
  readonly once?: boolean;
}

/** A statement that is run again and again. */
export function statement(text: string): Statement {
  const digest = createHash("sha256").update(text).digest("hex");
  return { text, name: `perdure_${digest.slice(0, 32)}` };
}

/** A way to run statements, each in a transaction of its own. Errors come out as ours. */
export interface Session {
  /** The rows. What lost a race and was rolled back is tried again, until the bound is reached and it throws `ContentionError`. Throws `CLOSED` after `close`. */
  run(statement: Statement, values?: unknown[]): Promise<readonly unknown[]>;
  /**
   * Closes the connections, if we opened them, once the calls under way have ended. Neither takes longer than a connection may take to come: then they are cut, and calls on connections that
   * are not ours are left to their owner.
   */
  close(): Promise<void>;
}

/** What {@link openSession} goes by. */
export interface SessionOptions {
  /** Whether statements are prepared once for a connection. */
  readonly prepare: boolean;
  /** Milliseconds for all tries of one statement. */
  readonly waitMs: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Opens a place when it is first used. */
export function openSession(place: Place, options: SessionOptions): Session {
  const { waitMs, now = () => performance.now(), random = Math.random } = options;
  const connection = connect(place);
  let { prepare } = options;
  const attempt = async ({ text, name }: Statement, values: unknown[]) => {
    const query = await connection.get();
    if (!prepare || name === undefined) return query({ text, values });
    try {
      return await query({ text, values, name });
    } catch (error) {
      if (!isLostStatement(error)) throw error;
      prepare = false;
      return query({ text, values });
    }
  };
  const tries = async (what: Statement, values: unknown[]): Promise<readonly unknown[]> => {
    const since = now();
    for (;;) {
      try {
        return await attempt(what, values);
      } catch (error) {
        if (what.once === true || !isLostRace(error)) throw storageError(error);
        if (now() - since >= waitMs)
          throw new ContentionError(
            `Other transactions were in the way for ${waitMs} ms; nothing was written.`,
            { cause: error },
          );
      }
      await sleep(random() * MAX_PAUSE_MS);
    }
  };
  const calls = new Set<Promise<unknown>>();
  return {
    async run(what, values = []) {
      const call = tries(what, values);
      calls.add(call);
      try {
        return await call;
      } finally {
        calls.delete(call);
      }
    },
    close: () => connection.close(() => Promise.allSettled(calls)),
  };
}

type Run = (query: {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}) => Promise<readonly unknown[]>;

interface Connection {
  get(): Promise<Run>;
  close(calls: () => Promise<unknown>): Promise<void>;
}

function connect(place: Place): Connection {
  let opening: Promise<Run> | undefined;
  let opened: OpenedPool | undefined;
  let closed = false;
  const sockets = new Set<Socket>();
  const open = async (): Promise<Run> => {
    if ("pglite" in place) return runOfPglite(place.pglite);
    if ("pool" in place) return runOfPool(place.pool);
    const { Pool } = await loadDriver();
    const { url, max, connectMs } = place;
    opened = new Pool({
      ...connectionSettings(url, connectMs),
      max,
      allowExitOnIdle: true,
      stream: () => tracked(new Socket(), sockets),
    });
    return runOfPool(opened);
  };
  return {
    async get() {
      if (closed) throw new StorageError("CLOSED", "The Postgres backend was closed.");
      const mine = (opening ??= open());
      try {
        return await mine;
      } catch (error) {
        if (opening === mine) opening = undefined;
        throw storageError(error);
      }
    },
    async close(calls) {
      if (closed) return;
      closed = true;
      await opening?.catch(() => undefined);
      if (!opened || !("url" in place)) return endOf(calls());
      // A server that answers nothing does not answer a goodbye.
      const cut = setInterval(() => {
        for (const socket of sockets) socket.destroy();
      }, place.connectMs);
      try {
        await calls();
        await opened.end();
      } finally {
        clearInterval(cut);
      }
    },
  };
}

/** Waits for calls on connections that are not ours to cut, and not for ever. */
async function endOf(calls: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, CONNECT_MS);
  try {
    await Promise.race([calls, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function tracked(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  return socket.once("close", () => sockets.delete(socket));
}

const guarded = new WeakSet<PostgresPool>();

/** A `Client` of node-postgres whose `connect` nobody has called: it keeps what it is asked for ever, and says nothing. */
function isUnconnected(pool: PostgresPool): boolean {
  const { _connected: connected, _connecting: connecting } = pool as {
    readonly _connected?: unknown;
    readonly _connecting?: unknown;
  };
  return connected === false && connecting === false;
}

function runOfPool(pool: PostgresPool): Run {
  // A pool tells of a connection that died while nobody used it, and has taken it out; that nobody listened would end the process. The listener stays as long as the pool.
  if (pool.on && !guarded.has(pool)) {
    guarded.add(pool);
    pool.on("error", () => undefined);
  }
  return async (query) => {
    if (isUnconnected(pool))
      throw new StorageError(
        "INVALID_ARGUMENT",
        "The `pool` is a client of node-postgres that was not connected: call its `connect` first.",
      );
    return (await pool.query(query)).rows;
  };
}

function runOfPglite(pglite: PgliteClient): Run {
  return async ({ text, values }) => (await pglite.query(text, values)).rows;
}
