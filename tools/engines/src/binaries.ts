import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Machine } from "./machine.ts";

/** The folder in which all of these programs can be run: one of PATH, or where systems keep them, the newest version first. */
export function folderOf(
  programs: readonly string[],
  { env, folders }: Pick<Machine, "env" | "folders">,
): string | undefined {
  const inPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...inPath, ...folders.flatMap(versions)]) {
    const real = whereReally(join(folder, programs[0] ?? ""));
    if (real !== undefined && programs.every((name) => runs(join(real, name)))) return real;
  }
  return undefined;
}

/** The folder of what a link in PATH leads to: a server's other programs lie beside it. */
function whereReally(program: string): string | undefined {
  return runs(program) ? dirname(realpathSync(program)) : undefined;
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versions(pattern: string): readonly string[] {
  const [before, after] = pattern.split("*");
  if (before === undefined || after === undefined) return [pattern];
  const parent = dirname(`${before}x`);
  const start = before.slice(parent.length + 1);
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(start))
      .toSorted(
        (a, b) =>
          Number.parseInt(b.slice(start.length), 10) - Number.parseInt(a.slice(start.length), 10),
      )
      .map((name) => join(parent, `${name}${after}`));
  } catch {
    return [];
  }
}
