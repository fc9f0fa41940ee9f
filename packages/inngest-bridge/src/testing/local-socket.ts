import { subscribe } from "./realtime.ts";
import type { World } from "./world.ts";

type Platform = typeof globalThis.WebSocket;

/**
 * The platform's `WebSocket`, but for subscriptions at `baseUrl`, which reach this server without a
 * network. A ticket that is refused is an `error` and a `close` before it was open.
 */
export function webSocketFor(world: World, baseUrl: string): Platform {
  const native = globalThis.WebSocket;
  const { host } = new URL(baseUrl);
  return new Proxy(native, {
    construct: (_, [address, ...more]: [string | URL, ...ConstructorParameters<Platform>[1][]]) => {
      const url = new URL(address);
      return url.host === host ? new LocalSocket(world, url) : new native(address, ...more);
    },
  });
}

type Ear = ((event: Event) => unknown) | null;

/** As much of a socket as a subscriber uses: it opens, hears and is closed. What it sends is dropped. */
class LocalSocket extends EventTarget {
  readonly url: string;
  readyState: number = WebSocket.CONNECTING;
  onopen: Ear = null;
  onmessage: Ear = null;
  onerror: Ear = null;
  onclose: Ear = null;
  #leave: () => void = () => undefined;

  constructor(world: World, url: URL) {
    super();
    this.url = url.href;
    queueMicrotask(() => this.#open(world, url.searchParams.get("token") ?? ""));
  }

  send(): void {}

  close(code = 1000, reason = ""): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#leave();
    this.#emit(Object.assign(new Event("close"), { code, reason, wasClean: code === 1000 }));
  }

  #open(world: World, ticket: string): void {
    if (this.readyState !== WebSocket.CONNECTING) return;
    try {
      this.#leave = subscribe(world, ticket, (data) =>
        queueMicrotask(() => this.#emit(new MessageEvent("message", { data }))),
      );
    } catch (error) {
      this.#emit(Object.assign(new Event("error"), { error }));
      this.close(1006, error instanceof Error ? error.message : String(error));
      return;
    }
    this.readyState = WebSocket.OPEN;
    this.#emit(new Event("open"));
  }

  #emit(event: Event): void {
    if (event.type === "message" && this.readyState !== WebSocket.OPEN) return;
    const ears: { readonly [type: string]: Ear } = {
      open: this.onopen,
      message: this.onmessage,
      error: this.onerror,
      close: this.onclose,
    };
    ears[event.type]?.(event);
    this.dispatchEvent(event);
  }
}
