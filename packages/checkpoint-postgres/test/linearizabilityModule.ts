import type { Backend } from "@perdure/checkpoint-core";
import { postgresBackend, type PostgresBackendOptions } from "@perdure/checkpoint-postgres";

/** A process of a run connects to the server that it is told of. */
export function open(given: string): Backend {
  return postgresBackend(JSON.parse(given) as PostgresBackendOptions);
}
