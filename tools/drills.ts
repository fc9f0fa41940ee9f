// Runs every drill: scripts named `drills/*.ts` in a package. Each prints what it saw and fails by its exit code.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";

const drills = readdirSync("packages").flatMap((name) => {
  const folder = `packages/${name}/drills`;
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(".ts"))
        .map((file) => `${folder}/${file}`)
    : [];
});

const wanted = process.argv.slice(2);
const chosen = drills.filter((drill) => wanted.every((word) => drill.includes(word)));
const failed = chosen.filter((drill) => {
  process.stdout.write(`\n— ${drill}\n`);
  return spawnSync("node", [drill], { stdio: "inherit" }).status !== 0;
});
process.stdout.write(`\n${chosen.length - failed.length} passed, ${failed.length} failed\n`);
process.exitCode = chosen.length > 0 && failed.length === 0 ? 0 : 1;
