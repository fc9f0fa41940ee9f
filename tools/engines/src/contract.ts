/** The engines that tests, the bench and the demo run on. */
export type EngineName = "postgres" | "redis" | "dynamodb";

/** An engine that is there: by a URL of the environment, or started here. */
export interface Engine extends AsyncDisposable {
  readonly name: EngineName;
  /** `postgres://postgres@127.0.0.1:20001/postgres`, `redis://127.0.0.1:20002`, `http://127.0.0.1:20003` of DynamoDB Local. */
  readonly url: string;
  /** Where it was found, for the one line that says so. */
  readonly origin: Origin;
}

/** Where engines are found, in this order. */
export type Origin = "environment" | "docker" | "binaries" | "system packages";

/** A server of the caller's own, on a folder and a port that stay the same over its deaths. Gone with its folder when it is disposed of, or when this process is no more. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  /** SIGKILL to the server and what it has started; resolves when they are gone. */
  kill(): Promise<void>;
  /** Starts it again on what its folder holds; resolves when it answers. One that runs is left as it is. */
  start(): Promise<void>;
  /** SIGSTOP: it takes connections and answers nothing; resolves when it has stopped. */
  freeze(): Promise<void>;
  /** SIGCONT; resolves when it goes on. */
  thaw(): Promise<void>;
}

/** A way through to a server whose connections can be cut. */
export interface Passage extends AsyncDisposable {
  /** The server's URL, by this way. */
  readonly url: string;
  /** Resets every connection that is open; new ones are taken. */
  cut(): void;
  /** Each connection that is open now loses its next answer and is reset in its place: what was asked has been done, and nobody is told. New ones are as ever. */
  swallow(): void;
  /** Milliseconds that each answer waits from now on. 0 in the beginning. */
  delay(ms: number): void;
}

/** One sentence for people: what could not be had, and how to get it. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}
