// For the browser: nothing of the server's side is imported here.
import { RouteEvents, type RoutesOptions } from "./routeEvents.ts";
import {
  type AgentTransport,
  checkClient,
  type LiveAgent,
  overlaid,
  type Row,
} from "./transport.ts";

/** Between two tries to read what a loaded thread's run has said. */
const PAUSE_MS = 1000;

/**
 * A transport whose hook hears runs by Inngest Realtime, which tells nothing of what was said before: where the first thread that the page loads is being worked on, that run is told from its
 * beginning by the routes' own events, up to its rest. The same event comes under the same id both ways, and the hook takes it once.
 */
export function realtimeAgent<
  Send,
  Sent,
  Of extends { readonly threadId: string },
  Options,
  Transport extends AgentTransport<Send, Sent, Of, Options>,
>(
  transport: Transport & AgentTransport<Send, Sent, Of, Options>,
  options: RoutesOptions = {},
): LiveAgent<Transport> {
  checkClient("realtimeAgent", transport, options, ["basePath", "fetch"]);
  const channelKey = `page-${crypto.randomUUID()}`;
  const before = new Before(channelKey, options);
  let isFirst = true;
  const live: Partial<AgentTransport<Send, Sent, Of, Options>> = {
    // The conversation stands on the server: a long one would only be refused.
    sendMessage: async (params, given) => transport.sendMessage({ ...params, history: [] }, given),
    async fetchHistory(params, given) {
      if (!isFirst) return transport.fetchHistory(params, given);
      isFirst = false;
      const read = transport.fetchHistory(params, given);
      const rows = (await before.behind(read)) as readonly Row[];
      const run = rows.find(({ live: isLive }) => isLive === true)?.runId;
      before.tell(params.threadId, run);
      return rows.filter(({ type, live: isLive }) => type === "user" || isLive !== true);
    },
    async getRealtimeToken(params, given) {
      // The hook asks for it ahead of the thread that it begins with.
      await new Promise((resolve) => setTimeout(resolve, 0));
      // It puts events into their order from a run's first one on: that one must come first.
      if (!isFirst) await before.hasBegun;
      return transport.getRealtimeToken(params, given);
    },
  };
  return { transport: overlaid(transport, live), channelKey, close: () => before.close() };
}

/** Tells the hook what a run said before the page listened, by the way on which it hears other tabs. */
class Before {
  readonly #events: RouteEvents;
  readonly #stopped = new AbortController();
  #begin: () => void = () => undefined;
  /** Resolves when the first event was told, or there is none. */
  readonly hasBegun: Promise<void>;

  constructor(channelKey: string, routes: RoutesOptions) {
    this.#events = new RouteEvents(channelKey, routes);
    this.hasBegun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** What was read; where that fails, nothing is told. */
  async behind<T>(read: Promise<T>): Promise<T> {
    try {
      return await read;
    } catch (error) {
      this.#begin();
      throw error;
    }
  }

  tell(threadId: string, run: string | undefined): void {
    if (run === undefined) this.#begin();
    // After what waits for the messages has them: they take the place of all that was told before.
    else setTimeout(() => void this.#tellOn(threadId, run), 0);
  }

  close(): void {
    this.#begin();
    this.#stopped.abort();
    this.#events.close();
  }

  async #tellOn(threadId: string, run: string): Promise<void> {
    const { signal } = this.#stopped;
    for (let after = -1; !signal.aborted; ) {
      try {
        const chunks = await this.#events.read(threadId, { run, after }, signal);
        if (!chunks) break;
        for await (const evt of chunks) {
          after = evt.sequenceNumber;
          this.#events.tell(evt);
          this.#begin();
        }
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    this.#begin();
  }
}
