import { StoreCheckpointer } from "@perdure/checkpoint-core";
import { type SqliteStoreOptions, sqliteStore } from "./store.ts";

/** Checkpoints in one SQLite file, for an agent that takes a `Checkpointer`, as Ziro's do. Disposing it closes the file, unless the connection was passed in. */
export class SqliteCheckpointer extends StoreCheckpointer {
  constructor(options: SqliteStoreOptions) {
    super(sqliteStore(options));
  }
}
