import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Framework } from "./framework.ts";

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a process told of the run. */
export interface Told {
  readonly status: string;
  readonly response?: unknown;
  readonly models: number;
  readonly effects: readonly string[];
}

/** A process of its own that has no Inngest: begins the run "r" on the thread "t", or agrees to all that it waits for and goes on with it to its end. */
export async function inProcess(
  { module }: Framework,
  url: string,
  action: "begin" | "agree",
): Promise<Told> {
  const flags = ["--import", here("../fixtures/withoutInngest.ts"), here("process.ts")];
  const { stdout } = await run(process.execPath, [...flags, module.href, url, action]);
  return JSON.parse(stdout) as Told;
}
