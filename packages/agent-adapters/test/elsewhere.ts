import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);
const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** What a process told of the run. */
export interface Told {
  readonly report: {
    readonly status: string;
    readonly approvals?: readonly unknown[];
    readonly output?: unknown;
  };
  readonly seen: unknown;
}

/** Processes that have no Inngest, one after the other, on one database and the run "r". `module` exports the agent. With `hasPackage` its SDK may be loaded, by a framework that needs it. */
export async function processes(
  module: URL,
  { hasPackage = false }: { readonly hasPackage?: boolean } = {},
): Promise<(action: string) => Promise<Told>> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-adapters-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = join(folder, "store.db");
  return async (action) => {
    const without = hasPackage ? [] : ["--import", fixture("withoutInngest.ts")];
    const flags = [...without, fixture("local.ts")];
    const { stdout } = await run(process.execPath, [...flags, module.href, database, action]);
    return JSON.parse(stdout) as Told;
  };
}
