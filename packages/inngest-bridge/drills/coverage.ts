import { existsSync, readFileSync } from "node:fs";
import { writeTables } from "./page.ts";
import { type Counts, Coverage, LEAST } from "./simulation/coverage.ts";
import { placesTable, requestsTable } from "./simulation/tables.ts";

/**
 * Sums what the parts of a campaign have counted, and prints the coverage: `node drills/coverage.ts counts-0.json counts-1.json`. With `--write` both tables of `docs/simulation.md` are those of the
 * sum. Fails where something has happened too seldom.
 */
const files = process.argv.slice(2).filter((one) => one !== "--write");
const coverage = new Coverage();
for (const file of files) {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  coverage.addCounts(JSON.parse(readFileSync(file, "utf8")) as Counts);
}
const tables = { places: placesTable(coverage), requests: requestsTable(coverage) };
if (process.argv.includes("--write")) writeTables(tables);
else for (const table of Object.values(tables)) console.log(`${table}\n`);
const few = coverage.below(LEAST);
for (const { name, times } of few) console.log(`${times} times: ${name}`);
console.log(
  `${coverage.seeds} seeds, ${coverage.runs} runs, ${coverage.requests} requests; ${few.length} faults met fewer than ${LEAST} times`,
);
if (few.length > 0) process.exitCode = 1;
