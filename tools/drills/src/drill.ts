import { parseArgs } from "node:util";
import { type Chapter, writeFault } from "./faultTable.ts";
import type { DrillResult } from "./result.ts";

/** A drill by its name. It gets the seed of this run. */
export type Drill = readonly [name: string, run: (seed: number) => Promise<DrillResult>];

/**
 * Runs drills one after the other and prints a line for each; the exit code says whether all passed. One that throws has failed. With a chapter each is written into the fault table as well.
 * `node drills/run.ts kill --seed 7` runs those with "kill" in their name, on that seed. True when all were wanted.
 */
export async function runDrills(
  drills: readonly Drill[],
  chapter?: Pick<Chapter, "engine" | "notes">,
): Promise<boolean> {
  const { values, positionals } = parseArgs({
    options: { seed: { type: "string" } },
    allowPositionals: true,
  });
  const seed = Number(values.seed ?? Date.now() % 1e9);
  const names = drills.map(([name]) => name);
  const isWanted = (name: string): boolean => positionals.some((word) => name.includes(word));
  for (const [name, run] of drills) {
    if (positionals.length > 0 && !isWanted(name)) continue;
    const began = performance.now();
    const result = await run(seed).catch((error: unknown) => broken(seed, error));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${result.passed ? "ok    " : "FAILED"} ${name}: ${result.line} (${seconds} s)`);
    if (!result.passed) process.exitCode = 1;
    if (chapter) writeFault({ ...chapter, names }, { ...result, name });
  }
  return positionals.length === 0;
}

function broken(seed: number, error: unknown): DrillResult {
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { name: "", passed: false, line: `seed ${seed}: ${said}` };
}
