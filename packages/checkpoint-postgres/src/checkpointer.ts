import { StoreCheckpointer } from "@perdure/checkpoint-core";
import { type PostgresStoreOptions, postgresStore } from "./store.ts";

/** Checkpoints in a Postgres database, for an agent that takes a `Checkpointer`, as Ziro's do. Disposing it closes the connections that were opened for a `url`. */
export class PostgresCheckpointer extends StoreCheckpointer {
  constructor(options: PostgresStoreOptions) {
    super(postgresStore(options));
  }
}
