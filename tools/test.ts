// Runs all tests of the workspace and keeps the runner's numbers in .cache/test-summary.txt.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

const resultsFile = ".cache/test-results.json";
mkdirSync(".cache", { recursive: true });
rmSync(resultsFile, { force: true });
const { status } = spawnSync(
  "vitest",
  [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${resultsFile}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit" },
);
const results = JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
const skipped = results.numPendingTests + results.numTodoTests;
const line = `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${skipped} skipped\n`;
writeFileSync(".cache/test-summary.txt", line);
process.stdout.write(line);
process.exitCode = results.numPassedTests === 0 ? 1 : (status ?? 1);
