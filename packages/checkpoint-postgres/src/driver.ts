import { StorageError } from "@perdure/checkpoint-core";
import type { PostgresPool } from "./client.ts";

/** A pool that we opened, and therefore close. */
export interface OpenedPool extends PostgresPool {
  end(): Promise<void>;
}

/** A connection that we opened, for what no pool can do. */
export interface OpenedClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(
    event: "notification",
    listener: (message: { readonly channel: string; readonly payload?: string }) => void,
  ): unknown;
  /** Lets the process end while it is open. */
  unref?(): void;
  end(): Promise<void>;
}

interface Driver {
  readonly Pool: new (settings: object) => OpenedPool;
  readonly Client: new (settings: object) => OpenedClient;
}

/** Settings of connections that we open. The server that they lead to and its TLS are in the URL. */
export function connectionSettings(url: string, connectMs: number): object {
  return {
    connectionString: url,
    connectionTimeoutMillis: connectMs,
    enableChannelBinding: /[?&]channel_binding=(?:prefer|require)/.test(url),
    fallback_application_name: "perdure",
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

/** Loads node-postgres; `INVALID_ARGUMENT` when it is not installed. */
export async function loadDriver(): Promise<Driver> {
  try {
    // @ts-ignore: the driver is optional, and its types are a package of their own
    const { default: driver } = (await import("pg")) as { readonly default: Driver };
    return driver;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"))
      throw error;
    throw new StorageError("INVALID_ARGUMENT", "A `url` needs pg: npm install pg", {
      cause: error,
    });
  }
}
