import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type SqliteBackendOptions,
  type SqliteDriver,
  sqliteBackend,
} from "@perdure/checkpoint-sqlite";
import { longRun } from "../../checkpoint-core/test/conformance/linearizability/longRun.ts";
import type { DrillResult } from "@perdure/drills";

/** Sixteen clients in four processes on one file; in the second run the processes are killed, and answers not waited for. */
export async function* racingClients(driver: SqliteDriver): AsyncGenerator<DrillResult> {
  const name = `linearizability ${driver}`;
  yield await longRun(name, "linear.clients", () => file(driver));
  yield await longRun(`${name}, killed`, "linear.faults", () => file(driver));
}

async function file(driver: SqliteDriver) {
  const folder = await mkdtemp(join(tmpdir(), "perdure-linear-"));
  const options: SqliteBackendOptions = { path: join(folder, "shared.db"), driver };
  await using backend = sqliteBackend(options);
  await backend.setup("create");
  return {
    open: new URL("../test/linearizabilityModule.ts", import.meta.url),
    given: JSON.stringify(options),
    dispose: () => rm(folder, { recursive: true }),
  };
}
