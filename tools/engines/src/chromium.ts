import { join } from "node:path";
import { folderOf } from "./binaries.ts";
import { EngineError } from "./contract.ts";
import { leftOut } from "./leftOut.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { installPackage, installsPackages } from "./packages.ts";

const VARIABLE = "PERDURE_CHROMIUM";
const DEBIAN = "chromium";

/** What the browser is called, by those who package it. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser's program: the one that PERDURE_CHROMIUM names, one of this machine, or one of the system's packages, which is installed where that is possible. Throws an `EngineError` of one sentence when it can't be had, or is left out. */
export async function chromium(machine: Machine = thisMachine()): Promise<string> {
  const out = leftOut("chromium", machine.env);
  if (out !== undefined) throw new EngineError(`Chromium is left out: ${out}.`);
  const named = machine.env[VARIABLE];
  if (named !== undefined && named !== "") return named;
  const found = programIn(machine);
  if (found !== undefined) return found;
  const failed = installsPackages(machine) ? await installPackage(DEBIAN, machine) : undefined;
  const installed = programIn(machine);
  if (installed !== undefined) return installed;
  const why = failed === undefined ? "" : ` (apt-get says: ${failed})`;
  throw new EngineError(
    `No Chromium here${why}: name one in ${VARIABLE}, or install it (Debian: ${DEBIAN}); PERDURE_WITHOUT=chromium leaves its tests out.`,
  );
}

/** How it is started where it cannot be started as others are: root has no sandbox. */
export function chromiumArguments({ isRoot }: Machine = thisMachine()): readonly string[] {
  return isRoot ? ["--no-sandbox"] : [];
}

function programIn(machine: Machine): string | undefined {
  for (const name of PROGRAMS) {
    const folder = folderOf([name], machine);
    if (folder !== undefined) return join(folder, name);
  }
  return undefined;
}
