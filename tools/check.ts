// Every check that a change must pass beside the tests, all of them in one go: a failing one does not hide the next.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";

const packed = ".cache/packed";

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["format", "biome", "format", "."],
  ["lint", "oxlint", "--type-aware", "--deny-warnings"],
  ["build", "tsc", "-b"],
  ["types of tests", "tsc", "-p", "tsconfig.test.json"],
  ["unused code", "knip"],
  [
    "unused files and dependencies of what is published",
    "knip",
    "--production",
    "--include",
    "files,dependencies,unlisted",
  ],
  ["the packed packages on the lowest Node", "node", "tools/floor.ts"],
];

const failed = checks.filter(([name, command, ...args]) => !passes(name, command, args));
const unfit = readdirSync("packages").filter((name) => !publishable(`packages/${name}`));
for (const [name] of failed) process.stdout.write(`failed: ${name}\n`);
for (const name of unfit) process.stdout.write(`failed: package ${name}\n`);
if (failed.length + unfit.length === 0) process.stdout.write("all checks passed\n");
process.exitCode = failed.length + unfit.length === 0 ? 0 : 1;

/** What npm would get: its exports and types, as strict users and every module resolution see them. */
function publishable(folder: string): boolean {
  rmSync(packed, { recursive: true, force: true });
  mkdirSync(packed, { recursive: true });
  const pnpm = ["-y", "pnpm@12.21.0"];
  const pack = [
    ...pnpm,
    "--dir",
    folder,
    "pack",
    "--pack-destination",
    `${process.cwd()}/${packed}`,
  ];
  if (!passes(`${folder}: pack`, "npx", pack)) return false;
  const tarball = readdirSync(packed).find((file) => file.endsWith(".tgz"));
  if (tarball === undefined) return false;
  const file = `${packed}/${tarball}`;
  return [
    passes(`${folder}: publint`, "publint", ["run", file, "--strict"]),
    passes(`${folder}: attw`, "attw", [file, "--profile", "esm-only"]),
  ].every(Boolean);
}

function passes(name: string, command: string, args: readonly string[]): boolean {
  process.stdout.write(`— ${name}\n`);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status === 0) return true;
  process.stdout.write(`${stdout}${stderr}`);
  return false;
}
