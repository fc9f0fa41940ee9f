import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { defects } from "./simulation/defects/all.ts";
import { writeTables } from "./page.ts";

/**
 * Looks on every core for a seed that finds each planted defect, the one that has found it before first: `node drills/hunt.ts`, or only some: `node drills/hunt.ts wakes-nobody`. Prints a row of a
 * table for each; with `--write`, of all, `simulation/foundBy.ts` has the seeds and `docs/simulation.md` the table. Fails where one is not found.
 */
const HEAD =
  "/** A seed that finds each planted defect; `drills/hunt.ts --write` renews it. A change of the code gives seeds other worlds: then the hunt goes on from the first one. */";

interface Found {
  readonly id: string;
  readonly seed?: number;
  readonly problem?: string;
}

const names = process.argv.slice(2).filter((one) => one !== "--write");
const wanted = defects.filter(({ id }) => names.length === 0 || names.includes(id));
const found = new Map<string, Found>();
const cores = availableParallelism();
await Promise.all(
  Array.from({ length: cores }, async (_, core) =>
    huntFor(wanted.filter((__, place) => place % cores === core).map(({ id }) => id)),
  ),
);
if (process.argv.includes("--write")) write();

async function huntFor(ids: readonly string[]): Promise<void> {
  const worker = new Worker(new URL("huntWorker.ts", import.meta.url), { workerData: ids });
  worker.on("message", hear);
  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
}

function hear(told: Found): void {
  found.set(told.id, told);
  console.log(rowOf(told));
  if (told.seed === undefined) process.exitCode = 1;
}

function rowOf({ id, seed, problem = "" }: Found): string {
  const does = defects.find((one) => one.id === id)?.does ?? "";
  const seen = problem.replaceAll(/\b(sub|spawn)-[0-9a-f]{40}/g, "$1-…");
  return `| ${seed ?? "none"} | \`${id}\`: ${does} | ${seen} |`;
}

function write(): void {
  const all = [...found.values()].filter(({ seed }) => seed !== undefined);
  if (all.length < defects.length)
    throw new Error("Not every defect is found: nothing is written.");
  const sorted = all.toSorted((one, other) => (one.seed ?? 0) - (other.seed ?? 0));
  const rows = sorted.map(rowOf);
  writeTables({
    defects: ["| seed | defect | what was seen first |", "| --: | --- | --- |", ...rows].join("\n"),
  });
  const seeds = defects.map(({ id }) => `  "${id}": ${found.get(id)?.seed},`);
  const lines = [
    HEAD,
    "export const foundBy: Readonly<Record<string, number>> = {",
    ...seeds,
    "};",
  ];
  writeFileSync(join(import.meta.dirname, "simulation/foundBy.ts"), `${lines.join("\n")}\n`);
}
