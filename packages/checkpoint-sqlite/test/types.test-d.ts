import { DatabaseSync } from "node:sqlite";
import { AgentResult, type HistoryConfig } from "@inngest/agent-kit";
import {
  type SqliteClient,
  SqliteCheckpointer,
  sqliteHistory,
  sqliteStore,
} from "@perdure/checkpoint-sqlite";
import type { Checkpointer } from "../../agent-adapters/test/ziro/shapes.ts";

// AgentKit takes our history as its own type, with its own class of results.
sqliteHistory({ path: "agents.db" }, { AgentResult }) satisfies HistoryConfig<
  Record<string, unknown>
>;

// A Ziro agent takes our checkpointer as its own type, with its own snapshots.
new SqliteCheckpointer({ path: "agents.db" }) satisfies Checkpointer;

// Both drivers' connections are clients as they are. better-sqlite3 brings no types: this is the shape of those that are published for it.
interface BetterStatement<P extends unknown[], R> {
  run(...values: P): { changes: number; lastInsertRowid: number | bigint };
  get(...values: P): R | undefined;
  all(...values: P): R[];
  iterate(...values: P): IterableIterator<R>;
}
interface BetterDatabase {
  prepare<P extends unknown[] | object = unknown[], R = unknown>(
    sql: string,
  ): P extends unknown[] ? BetterStatement<P, R> : BetterStatement<[P], R>;
  exec(sql: string): this;
  close(): this;
}
declare const better: BetterDatabase;
better satisfies SqliteClient;
new DatabaseSync(":memory:") satisfies SqliteClient;
sqliteStore({ database: better });

// @ts-expect-error -- a store needs to know where its file is
sqliteStore({ durability: "full" });
// @ts-expect-error -- a misspelt durability is not silently the default
sqliteStore({ path: "agents.db", durability: "fast" });
// @ts-expect-error -- a store has one place
sqliteStore({ path: "agents.db", url: "file:./agents.db" });
