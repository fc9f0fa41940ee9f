import { setTimeout as pause } from "node:timers/promises";
import { type Fault, killServer, STILL_MS, TIMEOUT_MS } from "@perdure/drills";
import type { OwnServer } from "@perdure/engines";
import { asOwner } from "./places.ts";

/** How long a server may take to come back. */
const PATIENCE_MS = 30_000;

/** What `pg_ctl restart` does: SIGINT (`-m fast`) or SIGQUIT (`-m immediate`) to the server, and a start. */
export function restartServer(server: OwnServer, mode: "fast" | "immediate"): Fault {
  const signal = mode === "fast" ? "INT" : "QUIT";
  return {
    what: `pg_ctl restart -m ${mode}`,
    async make() {
      const before = await startOf(server.url);
      const [file] = await asOwner(server.url, "select pg_read_file('postmaster.pid') as text");
      const pid = Number.parseInt(String(file?.["text"]));
      // Who told it may be sent away before it is answered.
      await asOwner(server.url, `copy (select) to program 'kill -${signal} ${pid}'`).catch(
        () => undefined,
      );
      for (const late = Date.now() + PATIENCE_MS; ; await pause(20)) {
        await server.start();
        const now = await startOf(server.url).catch(() => before);
        if (now !== before) return;
        if (Date.now() > late) throw new Error(`The server is not back after ${PATIENCE_MS} ms.`);
      }
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

async function startOf(url: string): Promise<string> {
  const [row] = await asOwner(url, "select pg_postmaster_start_time()::text as start");
  return String(row?.["start"]);
}

/** SIGKILL to one of the server's processes, after which it ends all others and recovers. */
export function killBackend({ url }: OwnServer): Fault {
  return {
    what: "kill -9 of one process of the server, which then recovers",
    async make() {
      const before = await pidOf(url);
      // The one that is told may be gone before it has answered.
      await asOwner(
        url,
        `do $$ declare v_pid integer; begin
           select pid into v_pid from pg_stat_activity where ${ours} limit 1;
           execute format('copy (select) to program %L', 'kill -9 ' || v_pid);
         end $$`,
      ).catch(() => undefined);
      for (const late = Date.now() + PATIENCE_MS; ; await pause(20)) {
        const now = await pidOf(url).catch(() => before);
        if (now !== before) return;
        if (Date.now() > late) throw new Error(`The server has not recovered.`);
      }
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** The process that writes pages, of which there is another one after each recovery. */
async function pidOf(url: string): Promise<number> {
  const [row] = await asOwner(
    url,
    "select pid from pg_stat_activity where backend_type = 'checkpointer'",
  );
  return Number(row?.["pid"]);
}

/** Connections of this library's. */
const ours = "application_name = 'perdure'";
const terminate = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${ours}`;

/** All connections are ended by an administrator, most of them in the middle of a statement. */
export function terminateBusy({ url }: OwnServer): Fault {
  return {
    what: "pg_terminate_backend of all connections, at work",
    async make() {
      await asOwner(url, terminate);
    },
    codes: { must: ["UNAVAILABLE"] },
  };
}

/** The same while nobody has anything under way. */
export function terminateIdle({ url }: OwnServer): Fault {
  return {
    what: "pg_terminate_backend of all connections, idle",
    async make(load) {
      await load.rest();
      await asOwner(url, terminate);
      load.go();
    },
  };
}

/** SIGKILL to the pgbouncer between clients and server. */
export function killBouncer(bouncer: OwnServer): Fault {
  return { ...killServer(bouncer), what: "kill -9 of pgbouncer, started again up to 300 ms later" };
}

/** Somebody holds all partitions for longer than anybody waits. */
export function holdLocks(
  { url }: OwnServer,
  schema: string,
  timeout: "lock_timeout" | "statement_timeout",
): Fault {
  return {
    what: `all partitions locked for ${STILL_MS} ms, ${timeout} of ${TIMEOUT_MS} ms`,
    async make() {
      await asOwner(
        url,
        `begin; lock table "${schema}".perdure_partition in exclusive mode; select pg_sleep(${STILL_MS / 1000}); commit`,
      );
    },
    codes: { must: [timeout === "lock_timeout" ? "CONTENTION" : "UNAVAILABLE"] },
  };
}
