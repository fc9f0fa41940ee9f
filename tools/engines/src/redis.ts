import { join } from "node:path";
import type { ServerPlan, Settings } from "./plan.ts";

/** What Redis runs on. */
export const REDIS_PROGRAMS = ["redis-server"] as const;

/** A Redis on the program of `folder`: empty, on 127.0.0.1 alone, no password, no snapshots. Its files lie in its folder. */
export function redisPlan(folder: string, settings: Settings): ServerPlan {
  const all: Settings = {
    bind: "127.0.0.1",
    port: "{port}",
    dir: "{folder}",
    save: "",
    daemonize: "no",
    "protected-mode": "no",
    maxclients: "10000",
    ...settings,
  };
  return {
    what: "Redis",
    url: "redis://127.0.0.1:{port}",
    unprivileged: false,
    files: {},
    command: [join(folder, "redis-server"), ...redisWords(all)],
    ready: "Ready to accept connections",
    stop: "SIGKILL",
  };
}

/** Settings as words of its command line; `replicaof 127.0.0.1 6379` are three of them. */
export function redisWords(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    [`--${name}`].concat(value.split(" ")),
  );
}
