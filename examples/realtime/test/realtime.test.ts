import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("Realtime tells what is said from now on, the store all of it, as the README shows; then the process ends", {
  timeout: 30_000,
}, async () => {
  const start = fileURLToPath(new URL("../src/start.ts", import.meta.url));
  const words = ["--disable-warning=ExperimentalWarning", start];
  const { stdout, stderr } = await run(process.execPath, words, { timeout: 25_000 });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "heard from the beginning: The ferry | leaves at noon.",
    "heard from the middle: leaves at noon.",
    "observed afterwards: The ferry | leaves at noon.",
  ]);
  expect(stderr).toBe("");
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${stdout}\`\`\``);
});
