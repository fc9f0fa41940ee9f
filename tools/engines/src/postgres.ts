import { join } from "node:path";
import type { ServerPlan, Settings } from "./plan.ts";

/** What Postgres runs on: both programs are in one folder. */
export const POSTGRES_PROGRAMS = ["postgres", "initdb"] as const;

/** Enough for every test file to open 64 clients of its own. */
export const CONNECTIONS = "900";

/** What makes a server fast whose content nobody will miss. What is acknowledged survives its death, but not the machine's. */
export const FAST_POSTGRES: Settings = {
  fsync: "off",
  full_page_writes: "off",
  max_wal_size: "4GB",
  checkpoint_timeout: "1h",
};

/** A Postgres on the programs of `folder`: a new cluster (UTF-8, C locale, everybody from this machine is trusted), TCP on 127.0.0.1 alone, its superuser `postgres`. */
export function postgresPlan(folder: string, settings: Settings): ServerPlan {
  const all: Settings = {
    listen_addresses: "127.0.0.1",
    port: "{port}",
    unix_socket_directories: "",
    max_connections: CONNECTIONS,
    shared_buffers: "128MB",
    // In the folder, so that nothing of a killed server stays in /dev/shm.
    dynamic_shared_memory_type: "mmap",
    logging_collector: "off",
    log_destination: "stderr",
    lc_messages: "C",
    ...settings,
  };
  const init = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
  return {
    what: "Postgres",
    url: "postgres://postgres@127.0.0.1:{port}/postgres",
    unprivileged: true,
    files: {},
    prepare: [join(folder, "initdb"), "-D", "{folder}/data", ...init],
    command: [join(folder, "postgres"), "-D", "{folder}/data", ...postgresWords(all)],
    ready: "database system is ready to accept",
    stop: "SIGQUIT",
  };
}

/** Settings as words of its command line. */
export function postgresWords(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
