import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, createStore, memoryBackend, type Store } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { type DrillResult, drivers } from "./drill.ts";
import { costs } from "./costs.ts";
import { fairness } from "./fairness.ts";
import { histories } from "./histories.ts";
import { keepLastRace } from "./keep.ts";
import { killLoop } from "./kill.ts";
import { racingClients } from "./linearizability.ts";
import { processHistories } from "./processes.ts";
import { race } from "./race.ts";
import { racingSweeps } from "./sweeps.ts";

/** All drills of this package, one line each; the exit code says whether all passed. */
const KILL_ROUNDS = 200;
const RACE_ROUNDS = 1000;
const SWEEPS = 10_000;
const HISTORIES = 10_000;
const PROCESS_HISTORIES = 200;
const PUTS_AT_ONCE = 50;

function report({ name, passed, line }: DrillResult): void {
  console.log(`${passed ? "ok    " : "FAILED"} ${name}: ${line}`);
  if (!passed) process.exitCode = 1;
}

/** Stores that know nothing of each other, over one backend. */
const over =
  (backend: Backend) =>
  (count: number): Store[] =>
    Array.from({ length: count }, () => createStore({ backend }));

report(await race("memory", over(memoryBackend()), RACE_ROUNDS));
const folder = await mkdtemp(join(tmpdir(), "perdure-race-"));
for (const driver of drivers) {
  await using backend = sqliteBackend({ path: join(folder, `${driver.length}.db`), driver });
  report(await race(driver, over(backend), RACE_ROUNDS));
}
await rm(folder, { recursive: true });
for (const driver of drivers) report(await fairness(driver));
for (const driver of drivers) report(await killLoop(driver, KILL_ROUNDS));
for (const driver of drivers) report(await keepLastRace(driver, PUTS_AT_ONCE));
report(await racingSweeps("memory", SWEEPS));
for (const driver of drivers) report(await racingSweeps(driver, SWEEPS));
for (const driver of drivers) report(await processHistories(driver, PROCESS_HISTORIES));
for (const driver of drivers) for await (const one of racingClients(driver)) report(one);
report(await costs());
report(await histories(HISTORIES));
