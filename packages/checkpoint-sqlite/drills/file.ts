import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killWriters, type DrillResult, type Place, race, underLoad } from "@perdure/drills";
import {
  type SqliteBackendOptions,
  type SqliteDriver,
  sqliteBackend,
} from "@perdure/checkpoint-sqlite";

const module = new URL("open.ts", import.meta.url);

/** Writers on one head: in this process on memory, in four on one file. */
export async function raceOn(
  what: "put" | "write",
  where: SqliteDriver | "memory",
  rounds: number,
): Promise<DrillResult> {
  if (where === "memory") return race(what, { module, given: "" }, rounds, 1);
  return onFile(where, (place) => race(what, place, rounds));
}

/** `kill -9` of writing processes, again and again on one file. */
export async function killLoop(
  driver: SqliteDriver,
  rounds: number,
  seed: number,
): Promise<DrillResult> {
  const fault = { ...killWriters, what: `${killWriters.what} (${driver})` };
  return onFile(driver, (place) => underLoad(fault, rounds, { ...place, seed }));
}

async function onFile<T>(driver: SqliteDriver, work: (place: Place) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-drill-"));
  const options: SqliteBackendOptions = { path: join(folder, "shared.db"), driver };
  try {
    await using backend = sqliteBackend(options);
    await backend.setup("create");
    return await work({ module, given: JSON.stringify(options) });
  } finally {
    await rm(folder, { recursive: true });
  }
}
