import type { Backend } from "@perdure/checkpoint-core";
import { postgresBackend, type PostgresBackendOptions } from "@perdure/checkpoint-postgres";

/** Each process of a drill opens the place that it is told of. */
export function open(given: string): Backend {
  return postgresBackend(JSON.parse(given) as PostgresBackendOptions);
}
