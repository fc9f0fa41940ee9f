/** What finding an engine depends on, so that tests can play other machines. */
export interface Machine {
  readonly env: NodeJS.ProcessEnv;
  /** May we install packages? */
  readonly isRoot: boolean;
  /** Where servers lie that are not in PATH; `*` is a version. */
  readonly folders: readonly string[];
  /** Debian's file that says whether a package's service may be started. */
  readonly servicePolicy: string;
}

/** The one that we are on. */
export function thisMachine(): Machine {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    folders: FOLDERS,
    servicePolicy: "/usr/sbin/policy-rc.d",
  };
}

/** Where distributions and Homebrew keep servers that they leave out of PATH. */
const FOLDERS = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "/usr/bin",
  "/usr/sbin",
];
