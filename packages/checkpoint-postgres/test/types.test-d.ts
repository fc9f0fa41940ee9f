import { AgentResult, type HistoryConfig } from "@inngest/agent-kit";
import type { PGlite } from "@electric-sql/pglite";
import {
  type PgliteClient,
  PostgresCheckpointer,
  type PostgresPool,
  postgresHistory,
  postgresStore,
} from "@perdure/checkpoint-postgres";
import type { Client, Pool, PoolClient } from "pg";

const url = "postgres://localhost/agents";

// AgentKit takes our history as its own type, with its own class of results.
postgresHistory({ url }, { AgentResult }) satisfies HistoryConfig<Record<string, unknown>>;

/** What a Ziro agent asks of a checkpointer. */
interface ZiroCheckpointer {
  put(threadId: string, snapshot: ZiroSnapshot): Promise<string>;
  get(threadId: string, checkpointId?: string): Promise<ZiroSnapshot | null>;
  list(threadId: string, options?: { limit?: number }): Promise<ZiroCheckpoint[]>;
  delete(threadId: string, checkpointId?: string): Promise<void>;
}
interface ZiroSnapshot {
  readonly version: 1 | 2;
  readonly messages: readonly unknown[];
}
interface ZiroCheckpoint {
  id: string;
  threadId: string;
  createdAt: Date;
  agentSnapshotVersion: number;
  sizeBytes: number;
}
new PostgresCheckpointer({ url }) satisfies ZiroCheckpointer;

// What node-postgres and PGlite export are clients as they are.
declare const pool: Pool;
declare const client: Client;
declare const poolClient: PoolClient;
declare const pglite: PGlite;
pool satisfies PostgresPool;
client satisfies PostgresPool;
poolClient satisfies PostgresPool;
pglite satisfies PgliteClient;
postgresStore({ pool, schema: "agents", tablePrefix: "p_" });
postgresStore({ pglite });
postgresStore({ pool: client, listenUrl: url });

// @ts-expect-error -- a store needs to know where its database is
postgresStore({ schema: "agents" });
// @ts-expect-error -- a misspelt durability is not silently the default
postgresStore({ url, durability: "fast" });
// @ts-expect-error -- a store has one place
postgresStore({ pool, url });
// @ts-expect-error -- a pool has its own number of connections
postgresStore({ pool, max: 5 });
