import { chownSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Where a server lives, and as whom. */
export interface Home {
  readonly folder: string;
  /** Absent: as ourselves. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A new folder for a server that may refuse to run as root: then it belongs to an unprivileged user, who can reach it. */
export function homeFor(unprivileged: boolean): Home {
  const parent = [tmpdir(), "/tmp", "/var/tmp"].find((folder) => !unprivileged || opened(folder));
  if (parent === undefined) throw new Error("No folder for temporary files is open to all users.");
  const folder = mkdtempSync(join(parent, "perdure-engine-"));
  if (!unprivileged || process.getuid?.() !== 0) return { folder };
  const user = somebody();
  chownSync(folder, user.uid, user.gid);
  return { folder, user };
}

/** May everybody walk to this folder? */
function opened(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const mode = statSync(at, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** A user of this machine who is not root: `postgres` or `nobody`, whom every system knows by name. */
function somebody(): { readonly uid: number; readonly gid: number } {
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "This machine knows neither a user postgres nor a user nobody to run a server as.",
  );
}
