/** Settings in the engine's own words: `{ fsync: "off" }`, `{ appendonly: "yes", replicaof: "127.0.0.1 6379" }`. */
export type Settings = Readonly<Record<string, string>>;

/** How a server is run, as data that goes to its keeper. In `prepare`, `command` and `files`, `{folder}`, `{port}` and `{bus}` (a second port) stand for what the keeper chose. */
export interface ServerPlan {
  /** For people: `Postgres`. */
  readonly what: string;
  /** Its URL, with `{port}`. */
  readonly url: string;
  /** A server that refuses root runs as somebody else where we are root. */
  readonly unprivileged: boolean;
  /** Written into the folder before each start: name → text. */
  readonly files: Readonly<Record<string, string>>;
  /** Run once, before the first start. */
  readonly prepare?: readonly string[];
  readonly command: readonly string[];
  /** The pattern of the line of its output that says it answers. */
  readonly ready: string;
  /** It says so before its port takes connections: that is waited for too. */
  readonly early?: boolean;
  /** The signal after which it ends at once, and gives back what it took of the system. */
  readonly stop: "SIGQUIT" | "SIGKILL";
}

/** Ports below those that systems give to clients (from 32,768 on Linux, 49,152 elsewhere), so that a server's port is still free when it comes back. */
export const FIRST_PORT = 15_000;
/** The first port that is not chosen any more. As many above it are for a second port of the same server. */
export const PORTS_END = 23_000;
/** From a server's port to its `{bus}`. */
export const TO_BUS: number = PORTS_END - FIRST_PORT;

/** What a server needs beside its programs is not here and cannot be fetched; the message says why. */
export class MissingPart extends Error {
  override readonly name = "MissingPart";
}
