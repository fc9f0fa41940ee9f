/** What a statement takes as a parameter here. */
export type SqliteValue = string | number | Uint8Array | null;

/** A prepared statement, as better-sqlite3 and `node:sqlite` both have it. Rows are objects by column name. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
  get(...values: SqliteValue[]): unknown;
  iterate(...values: SqliteValue[]): Iterable<unknown>;
}

/**
 * A connection to a SQLite file: a `Database` of better-sqlite3 or a `DatabaseSync` of `node:sqlite`. Both fit as they are; neither is imported. A connection
 * that is shared with other code must not be left inside a transaction across an `await`: our transactions could not begin.
 */
export interface SqliteClient {
  prepare(sql: string): SqliteStatement;
  exec(sql: string): unknown;
}

/** Gives the statement of an SQL text, prepared once for each connection. */
export type Prepare = (sql: string) => SqliteStatement;

/** Statements of one connection, each prepared at its first use and kept. */
export function statementsOf(client: SqliteClient): Prepare {
  const statements = new Map<string, SqliteStatement>();
  return (sql) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = client.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
}
