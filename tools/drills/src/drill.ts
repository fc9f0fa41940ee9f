import { parseArgs } from "node:util";
import type { FaultRow } from "./faultTable.ts";

/** What a drill has seen, in one line, and whether it is what was promised. */
export interface DrillResult {
  readonly name: string;
  readonly passed: boolean;
  readonly line: string;
  /** Where it is a row of the fault table. */
  readonly row?: FaultRow;
}

/** A drill by its name. It gets the seed of this run. */
export type Drill = readonly [name: string, run: (seed: number) => Promise<DrillResult>];

/**
 * Runs drills one after the other and prints a line for each; the exit code says whether all passed. One that throws has failed. `node drills/run.ts kill --seed 7` runs those with "kill" in their name, on that seed.
 */
export async function runDrills(drills: readonly Drill[]): Promise<readonly DrillResult[]> {
  const { values, positionals } = parseArgs({
    options: { seed: { type: "string" } },
    allowPositionals: true,
  });
  const seed = Number(values.seed ?? Date.now() % 1e9);
  const wanted = drills.filter(
    ([name]) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
  );
  const results: DrillResult[] = [];
  for (const [name, run] of wanted) {
    const began = performance.now();
    const result = await run(seed).catch((error: unknown) => broken(name, seed, error));
    results.push(result);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${result.passed ? "ok    " : "FAILED"} ${name}: ${result.line} (${seconds} s)`);
    if (!result.passed) process.exitCode = 1;
  }
  return results;
}

function broken(name: string, seed: number, error: unknown): DrillResult {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { name, passed: false, line: `seed ${seed}: ${said}` };
}
