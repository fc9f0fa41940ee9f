export { type SqliteBackendOptions, sqliteBackend } from "./backend.ts";
export { SqliteCheckpointer } from "./checkpointer.ts";
export type { SqliteClient, SqliteStatement, SqliteValue } from "./client.ts";
export { sqliteHistory } from "./history.ts";
export type { SqliteConnection, SqliteFile, SqliteLocation, SqliteUrl } from "./location.ts";
export type { SqliteDriver } from "./open.ts";
export { type SqliteStoreOptions, sqliteStore } from "./store.ts";
