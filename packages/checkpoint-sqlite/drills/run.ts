import { type Drill, type DrillResult, runDrills } from "@perdure/drills";
import type { SqliteDriver } from "@perdure/checkpoint-sqlite";
import { drivers } from "./drivers.ts";
import { costs } from "./costs.ts";
import { fairness } from "./fairness.ts";
import { killLoop, raceOn } from "./file.ts";
import { histories } from "./histories.ts";
import { keepLastRace } from "./keep.ts";
import { racingClients } from "./linearizability.ts";
import { processHistories } from "./processes.ts";
import { racingSweeps } from "./sweeps.ts";

const KILL_ROUNDS = 200;
const RACE_ROUNDS = 1000;
const SWEEPS = 10_000;
const HISTORIES = 10_000;
const PROCESS_HISTORIES = 200;
const PUTS_AT_ONCE = 50;

const NOTES = `Files are in WAL mode with \`synchronous = full\`, the default of the package: what was acknowledged is on the disk, so a power cut loses none of it either, as far as the disk keeps its word. With
\`durability: "normal"\` the last writes are lost then.`;

/** The drill with each driver, under a name of its own. */
function each(
  name: string,
  run: (driver: SqliteDriver, seed: number) => Promise<DrillResult>,
): Drill[] {
  return drivers.map((driver): Drill => [`${name} ${driver}`, (seed) => run(driver, seed)]);
}

/** All drills of this package, one line each; the exit code says whether all passed. Words name those to run: the rows of others stay in the fault table. */
const faults: readonly Drill[] = [
  ["race put memory", () => raceOn("put", "memory", RACE_ROUNDS)],
  ["race write memory", () => raceOn("write", "memory", RACE_ROUNDS)],
  ...each("race put", (driver) => raceOn("put", driver, RACE_ROUNDS)),
  ...each("race write", (driver) => raceOn("write", driver, RACE_ROUNDS)),
  ...each("kill -9", (driver, seed) => killLoop(driver, KILL_ROUNDS, seed)),
];
await runDrills(faults, { engine: "SQLite", notes: NOTES });
const all = await runDrills([
  ...each("fairness", fairness),
  ...each("keepLast", (driver) => keepLastRace(driver, PUTS_AT_ONCE)),
  ["sweeps memory", () => racingSweeps("memory", SWEEPS)],
  ...each("sweeps", (driver) => racingSweeps(driver, SWEEPS)),
  ...each("histories", (driver) => processHistories(driver, PROCESS_HISTORIES)),
  ["costs", costs],
  ["histories memory", () => histories(HISTORIES)],
]);
if (all)
  for (const driver of drivers)
    for await (const { name, passed, line } of racingClients(driver)) {
      console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
      if (!passed) process.exitCode = 1;
    }
