import { join } from "node:path";
import { folderOf } from "./binaries.ts";
import { EngineError, type OwnServer } from "./contract.ts";
import { kept } from "./kept.ts";
import { leftOut } from "./leftOut.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { installPackage, installsPackages } from "./packages.ts";

const PROGRAM = "pgbouncer";

/** Why there is no pgbouncer here; `undefined` when there is. Installs the package where that is possible. */
export async function pgbouncerMissing(
  machine: Machine = thisMachine(),
): Promise<string | undefined> {
  const out = leftOut("pgbouncer", machine.env);
  if (out !== undefined) return out;
  if (folderOf([PROGRAM], machine) !== undefined) return undefined;
  if (!installsPackages(machine)) return "no pgbouncer here: install it (Debian: pgbouncer)";
  const failed = await installPackage(PROGRAM, machine);
  if (folderOf([PROGRAM], machine) !== undefined) return undefined;
  return `no pgbouncer here, and apt-get says: ${failed ?? "the package holds none"}`;
}

/** A pgbouncer in transaction mode in front of the Postgres of `url`: many clients share 20 connections, each for a transaction at a time. */
export async function pgbouncer(url: string): Promise<OwnServer> {
  const missing = await pgbouncerMissing();
  const folder = folderOf([PROGRAM], thisMachine());
  if (missing !== undefined || folder === undefined)
    throw new EngineError(missing ?? "no pgbouncer here");
  const { hostname, port, username, password, pathname } = new URL(url);
  const server = [
    `host=${hostname}`,
    `port=${port || 5432}`,
    `user=${decodeURIComponent(username)}`,
    ...(password === "" ? [] : [`password=${decodeURIComponent(password)}`]),
  ].join(" ");
  return kept({
    what: "pgbouncer",
    url: `postgres://${username}@127.0.0.1:{port}${pathname}`,
    unprivileged: true,
    files: {
      "pgbouncer.ini": `[databases]
* = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 900
ignore_startup_parameters = extra_float_digits
`,
    },
    command: [join(folder, PROGRAM), "{folder}/pgbouncer.ini"],
    ready: "process up",
    stop: "SIGKILL",
  });
}
