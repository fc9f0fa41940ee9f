export { postgresBackend } from "./backend.ts";
export { PostgresCheckpointer } from "./checkpointer.ts";
export type { PgliteClient, PostgresPool, PostgresQuery } from "./client.ts";
export { postgresHistory } from "./history.ts";
export type {
  PostgresEmbedded,
  PostgresLocation,
  PostgresPooled,
  PostgresUrl,
} from "./location.ts";
export type { PostgresNames } from "./names.ts";
export type { PostgresBackendOptions, PostgresDurability } from "./options.ts";
export { postgresSchema, type PostgresSchemaOptions } from "./schema.ts";
export type { PostgresServerReport } from "./server.ts";
export { postgresStore, type PostgresStoreOptions } from "./store.ts";
