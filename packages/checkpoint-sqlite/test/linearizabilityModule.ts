import type { Backend } from "@perdure/checkpoint-core";
import { sqliteBackend, type SqliteBackendOptions } from "@perdure/checkpoint-sqlite";

/** A process of a run opens the file that it is told of. */
export function open(given: string): Backend {
  return sqliteBackend(JSON.parse(given) as SqliteBackendOptions);
}
