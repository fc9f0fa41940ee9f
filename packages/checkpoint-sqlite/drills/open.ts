import { type Backend, memoryBackend } from "@perdure/checkpoint-core";
import { type SqliteBackendOptions, sqliteBackend } from "@perdure/checkpoint-sqlite";

/** Each process of a drill opens the file that it is told of, or, told of none, memory of its own. */
export function open(given: string): Backend {
  return given === "" ? memoryBackend() : sqliteBackend(JSON.parse(given) as SqliteBackendOptions);
}
