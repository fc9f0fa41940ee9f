/** The engines that tests, the bench and the demo run on. */
export type EngineName = "postgres" | "redis";

/** An engine that is there: by a URL of the environment, or started here. */
export interface Engine extends AsyncDisposable {
  readonly name: EngineName;
  /** `postgres://user@127.0.0.1:40001/postgres`, `redis://127.0.0.1:40002`. */
  readonly url: string;
  /** Where it was found, for the one line that says so. */
  readonly origin: "environment" | "docker" | "binaries" | "system packages";
}

/** A server of the caller's own, on a folder and a port that stay the same over its deaths. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL to the server and what it has started; resolves when they are gone. */
  kill(): Promise<void>;
  /** Starts it again on what its folder holds; resolves when it answers. */
  start(): Promise<void>;
  /** SIGSTOP: it takes connections and answers nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

/** A way through to a server whose connections can be cut. */
export interface Passage extends AsyncDisposable {
  /** The server's URL, by this way. */
  readonly url: string;
  /** Resets every connection that is open; new ones are taken. */
  cut(): void;
  /** Lets requests through and drops the answers of open connections before it resets them: what was asked may have been done, and nobody is told. */
  swallow(): void;
  /** Milliseconds that each answer waits. 0 in the beginning. */
  delay(ms: number): void;
}
