import { isStorageError, StorageError } from "@perdure/checkpoint-core";
import type { RedisClient } from "./client.ts";
import type { Place } from "./location.ts";
import { type Opened, openClient } from "./open.ts";
import { type Sender, senderOf } from "./send.ts";

/** A client that is ready for our commands. */
export interface Connection {
  readonly client: RedisClient;
  readonly sender: Sender;
}

/** A client that is made when it is first needed. */
export interface LazyConnection {
  /** Works with the client; `CLOSED` after `close`. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Waits for what is under way, then closes the client if we opened it. */
  close(): Promise<void>;
}

/** The client of a place: the caller's own, or one that is opened at the first use. */
export function connect(place: Place, timeoutMs: number): LazyConnection {
  const under = new Set<Promise<unknown>>();
  let opened: Opened | undefined;
  let connecting: Promise<Connection> | undefined;
  let ready: Connection | undefined;
  let closed = false;
  const open = async (): Promise<Connection> => {
    const { client } = "client" in place ? place : (opened = await openClient(place));
    return (ready = { client, sender: senderOf(client, timeoutMs) });
  };
  const connected = (): Promise<Connection> => {
    const mine = (connecting ??= open());
    mine.catch(() => (connecting = undefined));
    return mine;
  };
  return {
    async use(work) {
      if (closed) throw new StorageError("CLOSED", "The Redis backend was closed.");
      const working = ready ? work(ready) : connected().then(work);
      under.add(working);
      try {
        return await working;
      } catch (error) {
        throw explained(error, opened?.trouble());
      } finally {
        under.delete(working);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(under);
      opened?.client.disconnect();
      opened = undefined;
    },
  };
}

/** Why there was no answer, where ioredis told it to its listeners only. */
function explained(error: unknown, trouble: Error | undefined): unknown {
  if (!trouble || !isStorageError(error) || error.code !== "UNAVAILABLE") return error;
  if (error.message.includes(trouble.message)) return error;
  const message = `${error.message.replace(/\.$/, "")}; the connection's last trouble: ${trouble.message}`;
  return new StorageError("UNAVAILABLE", message, { cause: error.cause ?? trouble });
}
