/** One statement with its parameters, as node-postgres takes it. Without `name` it is parsed anew by each execution. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
}

/**
 * What runs statements: a `Pool` of node-postgres, or one that is used alike (of `@neondatabase/serverless`, of a test). It fits as it is, and nothing is imported for it. Each call runs in a
 * transaction of its own, so a connection that is inside a transaction of the caller's does not do.
 */
export interface PostgresPool {
  query(query: PostgresQuery): PromiseLike<{ readonly rows: readonly unknown[] }>;
  /** Where there is one, a listener is added for connections that die while nobody uses them: an `error` that nobody listens to would end the process. */
  on?(event: "error", listener: (error: Error) => void): unknown;
}

/** A PGlite: Postgres inside this process. */
export interface PgliteClient {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  exec(text: string): Promise<unknown>;
}
