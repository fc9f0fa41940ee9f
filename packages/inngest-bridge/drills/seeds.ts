import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { campaign } from "./simulation/campaign.ts";
import { type Counts, LEAST } from "./simulation/coverage.ts";

/**
 * Runs many seeds of the simulation on every core, and prints what they covered too seldom: `node drills/seeds.ts 0 10000`. In parts, each of which adds its counts to those in a file:
 * `node drills/seeds.ts 0 1000 counts.json`; `drills/coverage.ts` makes tables of them. Fails where an invariant is broken.
 */
const [from = "0", to = "1000", file] = process.argv.slice(2);
const before = process.cpuUsage();
const { coverage, failures } = await campaign({ from: Number(from), to: Number(to) });
const { user, system } = process.cpuUsage(before);
const minutes = (user + system) / 60e6;
const speed = `${Math.round(coverage.runs / minutes)} runs of ${(coverage.requests / coverage.runs).toFixed(1)} requests a minute of processor time`;
if (file !== undefined) {
  if (existsSync(file)) coverage.addCounts(JSON.parse(readFileSync(file, "utf8")) as Counts);
  writeFileSync(file, JSON.stringify(coverage.counts()));
}
for (const { seed, problems } of failures) console.log(`seed ${seed}: ${problems.join("; ")}`);
const few = coverage.below(LEAST);
console.log(`${coverage.seeds} seeds, ${coverage.runs} runs; in this part ${speed}`);
console.log(`${few.length} faults met fewer than ${LEAST} times`);
console.log(`${failures.length} seeds break an invariant`);
if (failures.length > 0) process.exitCode = 1;
