import { type EngineName, EngineError, type OwnServer } from "./contract.ts";
import { start } from "./find.ts";
import { leftOut } from "./leftOut.ts";
import { thisMachine } from "./machine.ts";
import type { Settings } from "./plan.ts";

/**
 * A server of the caller's own, to be killed, frozen and started again; the environment's URL is not asked. Durable as the engine is by default: Postgres with `fsync=on`, Redis
 * without an append-only file; `settings` are in the engine's own words, as `{ appendonly: "yes", appendfsync: "always" }`.
 */
export async function ownServer(
  name: EngineName,
  { settings = {} }: { readonly settings?: Settings } = {},
): Promise<OwnServer> {
  const out = leftOut(name);
  if (out !== undefined) throw new EngineError(`${name} is left out: ${out}.`);
  // Signals to processes say most exactly what a drill means; a container is what is left.
  const ways = ["binaries", "system packages", "docker"] as const;
  return (await start(name, settings, thisMachine(), ways)).server;
}
