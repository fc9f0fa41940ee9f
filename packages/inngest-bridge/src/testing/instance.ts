import { AsyncLocalStorage } from "node:async_hooks";
import { deferred } from "./deferred.ts";
import { ConnectionLostError } from "./errors.ts";

export type Handler = (request: Request) => Promise<Response>;

/** One running copy of an app: a handler in this process, or another process behind a URL. */
export class Instance {
  readonly appId: string;
  readonly name: string;
  readonly #handler: Handler;
  readonly #kill: (() => void) | undefined;
  readonly #stopped = deferred<never>();
  #alive = true;

  constructor(init: {
    readonly appId: string;
    readonly name: string;
    readonly handler: Handler;
    readonly kill?: () => void;
  }) {
    this.appId = init.appId;
    this.name = init.name;
    this.#handler = init.handler;
    this.#kill = init.kill;
    this.#stopped.promise.catch(() => undefined);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** From here on no request reaches the instance, and those in flight are never answered. */
  stop(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#kill?.();
    this.#stopped.reject(new ConnectionLostError("The instance was stopped."));
  }

  /** Rejects with `ConnectionLostError` when the instance is stopped or cannot be reached. */
  async call(request: Request): Promise<Response> {
    if (!this.#alive) throw new ConnectionLostError("Connection refused.");
    const answer = callers.run(this, () => this.#handler(request));
    answer.catch(() => undefined);
    return Promise.race([answer, this.#stopped.promise]);
  }
}

const callers = new AsyncLocalStorage<Instance>();

/** The instance in which the running code works, when it runs in this process. */
export function callingInstance(): Instance | undefined {
  return callers.getStore();
}

/** Does work that no instance is the author of, even where one's stop has led to it. */
export function outsideInstances<T>(work: () => T): T {
  return callers.exit(work);
}

/** The apps' instances, in the order of their registration. */
export class Fleet {
  #instances: Instance[] = [];

  /** A new instance replaces one of the same app and name. */
  add(instance: Instance): void {
    this.#instances = this.#instances.filter(
      ({ appId, name }) => appId !== instance.appId || name !== instance.name,
    );
    this.#instances.push(instance);
  }

  find(name: string): Instance | undefined {
    return this.#instances.find((instance) => instance.name === name);
  }

  alive(appId: string): readonly Instance[] {
    return this.#instances.filter((instance) => instance.appId === appId && instance.alive);
  }

  get all(): readonly Instance[] {
    return this.#instances;
  }
}

/** The handler of an app in this process; the SDK's handler wants the header that HTTP always has. */
export function localHandler(handler: Handler): Handler {
  return (request) => {
    const headers = new Headers(request.headers);
    headers.set("host", new URL(request.url).host);
    return handler(new Request(request, { headers }));
  };
}

/** An app behind a URL. A connection that breaks or is refused is a `ConnectionLostError`. */
export function remoteHandler(serveUrl: string): Handler {
  return async (request) => {
    const url = new URL(serveUrl);
    url.search = new URL(request.url).search;
    try {
      return await fetch(new Request(url, request));
    } catch (error) {
      throw new ConnectionLostError(`Unable to reach ${serveUrl}.`, { cause: error });
    }
  };
}
