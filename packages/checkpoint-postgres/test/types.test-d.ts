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
import type { Checkpointer } from "../../agent-adapters/test/ziro/shapes.ts";

const url = "postgres://localhost/agents";

// AgentKit takes our history as its own type, with its own class of results.
postgresHistory({ url }, { AgentResult }) satisfies HistoryConfig<Record<string, unknown>>;

// A Ziro agent takes our checkpointer as its own type, with its own snapshots.
new PostgresCheckpointer({ url }) satisfies Checkpointer;

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
