// Runs the drills of every package that has some: `drills/run.ts` prints a line for each and says by its exit code whether all passed. Then the tests that take minutes.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { startEngines } from "./engines/src/started.ts";

const wanted = process.argv.slice(2);
const packages = readdirSync("packages")
  .filter((name) => existsSync(`packages/${name}/drills/run.ts`))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

await using engines = await startEngines(["postgres", "redis", "dynamodb"]);
process.stdout.write(engines.lines.map((line) => `${line}\n`).join(""));

const failed = packages.filter((name) => {
  process.stdout.write(`— ${name}\n`);
  const args = ["--disable-warning=ExperimentalWarning", `packages/${name}/drills/run.ts`];
  return spawnSync("node", args, { stdio: "inherit", env: engines.env }).status !== 0;
});
if (wanted.length === 0) {
  process.stdout.write("— tests that take minutes\n");
  const args = ["run", "--project", "inngest-bridge", "test/protocol"];
  const { status } = spawnSync("vitest", args, {
    stdio: "inherit",
    env: { ...engines.env, DRILLS: "1" },
  });
  if (status !== 0) failed.push("tests that take minutes");
}
for (const name of failed) process.stdout.write(`failed: ${name}\n`);
process.exitCode = packages.length > 0 && failed.length === 0 ? 0 : 1;
