// Runs all tests of the workspace, on one server of each engine, and keeps the runner's numbers in .cache/test-summary.txt.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { EngineError } from "./engines/src/contract.ts";
import { leftOut } from "./engines/src/leftOut.ts";
import { pgbouncerMissing } from "./engines/src/pgbouncer.ts";
import { startEngines } from "./engines/src/started.ts";

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

const resultsFile = ".cache/test-results.json";

try {
  process.exitCode = await test(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof EngineError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function test(args: readonly string[]): Promise<number> {
  await using engines = await startEngines(["postgres", "redis", "dynamodb"]);
  const bouncer = await pgbouncerMissing();
  const lines = [...engines.lines];
  if (bouncer !== undefined) lines.push(`pgbouncer: left out, ${bouncer}`);
  const browser = leftOut("chromium");
  if (browser !== undefined) lines.push(`chromium: left out, ${browser}`);
  const found = lines.map((line) => `${line}\n`).join("");
  process.stdout.write(found);
  mkdirSync(".cache", { recursive: true });
  rmSync(resultsFile, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultsFile}`];
  // By itself vitest leaves one core idle, and what the workspace's own configuration says of it reaches no project.
  const workers = `--maxWorkers=${availableParallelism()}`;
  const { status } = spawnSync("vitest", ["run", workers, ...reporters, ...args], {
    stdio: "inherit",
    env: engines.env,
  });
  const results = JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
  const skipped = results.numPendingTests + results.numTodoTests;
  const summary = `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${skipped} skipped\n`;
  // Where each engine was found, or that it is left out, goes before the numbers, which close.
  writeFileSync(".cache/test-summary.txt", `${found}${summary}`);
  process.stdout.write(`${found}${summary}`);
  return results.numPassedTests === 0 ? 1 : (status ?? 1);
}
