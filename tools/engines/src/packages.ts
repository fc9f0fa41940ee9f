import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Machine } from "./machine.ts";

/** Installs without starting what is installed: a policy of ours for as long as it takes, where there is none; and whatever came up all the same is stopped. */
const INSTALL = `
set -e
policy=$2
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$1"; }
install "$1" || { apt-get update -o DPkg::Lock::Timeout=300; install "$1"; }
if command -v service > /dev/null; then service "$1" stop || true; fi
`;

/** Can a package of the system be installed here: are we root, with apt-get? */
export function installsPackages({ env, isRoot }: Machine): boolean {
  const folders = (env["PATH"] ?? "").split(delimiter);
  return isRoot && folders.some((folder) => existsSync(join(folder, "apt-get")));
}

/** Installs a Debian package, and leaves no service of it running. Resolves with what went wrong, or with `undefined` when it is installed. */
export async function installPackage(
  name: string,
  { env, servicePolicy }: Machine,
): Promise<string | undefined> {
  const child = spawn("/bin/sh", ["-c", INSTALL, "install", name, servicePolicy], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [child.stdout, child.stderr])
    output.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-500)));
  const failed = await new Promise<boolean>((resolve) => {
    child.once("error", () => resolve(true));
    child.once("close", (code) => resolve(code !== 0));
  });
  return failed ? (said.trim().split("\n").at(-1) ?? "apt-get failed") : undefined;
}
