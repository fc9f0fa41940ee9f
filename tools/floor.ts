// The packages as npm would have them, on the lowest Node that they support: packed, installed into a folder of their own, and used.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DYNAMODB_ENV } from "./engines/src/dynamodb.ts";
import { variableOf } from "./engines/src/find.ts";
import { freshPlace } from "./engines/src/place.ts";
import { startEngines } from "./engines/src/started.ts";

const FLOOR = "22.15.0";
const engineNames = ["postgres", "redis", "dynamodb"] as const;
const consumer = "consumer.test.mjs";

const folder = mkdtempSync(join(tmpdir(), "perdure-floor-"));
try {
  for (const name of readdirSync("packages"))
    run(
      ".",
      "npx",
      "-y",
      "pnpm@12.21.0",
      "--dir",
      `packages/${name}`,
      "pack",
      "--pack-destination",
      folder,
    );
  const tarballs = readdirSync(folder).map((file) => `./${file}`);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const peers = ["@aws-sdk/client-dynamodb", "better-sqlite3", "inngest", "ioredis", "pg"].map(
    (peer) => `${peer}@${pinned(peer)}`,
  );
  run(
    folder,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    ...tarballs,
    ...peers,
    `node@${FLOOR}`,
  );
  copyFileSync(join("tools/floor", consumer), join(folder, consumer));
  await using engines = await startEngines(engineNames);
  process.stdout.write(engines.lines.map((line) => `${line}\n`).join(""));
  const places = engineNames.flatMap((name) => {
    const url = engines.env[variableOf(name)];
    return url === undefined ? [] : [freshPlace(name, url)];
  });
  try {
    const node = join(folder, "node_modules/.bin/node");
    Object.assign(process.env, DYNAMODB_ENV);
    process.env["STORE_URLS"] = JSON.stringify(places.map(({ url }) => url));
    process.stdout.write(run(folder, node, "--test", "--test-reporter=dot", consumer));
  } finally {
    for (const { remove } of places) await remove();
  }
  process.stdout.write(`\nthe packed packages work on Node ${FLOOR}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The version that the workspace is developed with. */
function pinned(name: string): string {
  const [listed] = JSON.parse(
    run(".", "npx", "-y", "pnpm@12.21.0", "--filter", "support-agent", "list", "--json", name),
  ) as [{ readonly dependencies: Readonly<Record<string, { readonly version: string }>> }];
  const version = listed.dependencies[name]?.version;
  if (version === undefined) throw new Error(`${name} is not a dependency of the example.`);
  return version;
}

function run(cwd: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}
