// For the browser: nothing of the server's side is imported here.
import { RouteEvents, type RoutesOptions } from "./routeEvents.ts";
import {
  type AgentTransport,
  checkClient,
  type LiveAgent,
  overlaid,
  type Row,
} from "./transport.ts";

export { realtimeAgent } from "./realtimeAgent.ts";
export type { RoutesOptions } from "./routeEvents.ts";
export type { AgentTransport, LiveAgent } from "./transport.ts";

/** How events are read. */
export interface LiveOptions extends RoutesOptions {
  /** Milliseconds between two looks at a thread on which nobody works: another tab, or a person elsewhere, may have gone on with it. 5,000 when not given, 0 for never. */
  readonly pollMs?: number;
}

/**
 * A transport whose hook hears a thread's run from the routes' own events, without Inngest Realtime: a page that is loaded in mid-answer is told the run from its beginning, so nothing is
 * missed and nothing doubled. The events go to the hook by the way on which it hears other tabs.
 */
export function liveAgent<
  Send,
  Sent,
  Of extends { readonly threadId: string },
  Options,
  Transport extends AgentTransport<Send, Sent, Of, Options>,
>(
  transport: Transport & AgentTransport<Send, Sent, Of, Options>,
  options: LiveOptions = {},
): LiveAgent<Transport> {
  checkClient("liveAgent", transport, options, ["basePath", "fetch", "pollMs"]);
  const channelKey = `page-${crypto.randomUUID()}`;
  const follower = new Follower(channelKey, options);
  const live: AgentTransport<Send, Sent, Of, Options> = {
    async sendMessage(params, given) {
      // The conversation stands on the server: a long one would only be refused.
      const sent = await transport.sendMessage({ ...params, history: [] }, given);
      const { threadId, runId } = sent as { readonly threadId?: string; readonly runId?: string };
      if (threadId !== undefined) follower.goOn(threadId, runId);
      return sent;
    },
    async fetchHistory(params, given) {
      const rows = (await transport.fetchHistory(params, given)) as readonly Row[];
      const run = rows.find(({ live: isLive }) => isLive === true)?.runId;
      follower.begin(params.threadId, run);
      return rows.filter(({ type, live: isLive }) => type === "user" || isLive !== true);
    },
    async approveToolCall(params, given) {
      await transport.approveToolCall(params, given);
      follower.goOn(params.threadId);
    },
    async deleteThread(params, given) {
      await transport.deleteThread(params, given);
      follower.leave(params.threadId);
    },
    getRealtimeToken: async () => new Promise(() => undefined),
  };
  return {
    transport: overlaid(transport, live),
    channelKey,
    close: () => follower.close(),
  };
}

/** Where the reading of a thread stands: the last run that was heard, and up to which number. */
interface Place {
  run: string | undefined;
  after: number;
  /** Runs that were started from here and not heard yet. */
  due: readonly string[];
  /** Another one each time that the thread is told anew: the hook takes no event twice. */
  readonly telling: number;
}

/** Reads one thread's events at a time: that of the page. */
class Follower {
  readonly #events: RouteEvents;
  readonly #pollMs: number;
  readonly #places = new Map<string, Place>();
  #stopped = new AbortController();
  #tellings = 0;

  constructor(channelKey: string, { pollMs = 5000, ...routes }: LiveOptions) {
    this.#events = new RouteEvents(channelKey, routes);
    this.#pollMs = pollMs;
  }

  /** The thread's messages were loaded anew: what its run says is told from the beginning. */
  begin(threadId: string, run: string | undefined): void {
    this.#tellings += 1;
    const place = { run, after: -1, due: [], telling: this.#tellings };
    this.#places.set(threadId, place);
    this.#follow(threadId, place);
  }

  /** Something is to be heard of the thread: of this run, where one is named that was not heard of, or from where the reading stands. */
  goOn(threadId: string, run?: string): void {
    const known = this.#places.get(threadId);
    if (!known) {
      this.begin(threadId, run);
      return;
    }
    if (run !== undefined) known.due = [...known.due, run];
    this.#follow(threadId, known);
  }

  leave(threadId: string): void {
    this.#places.delete(threadId);
    this.#stopped.abort();
  }

  close(): void {
    this.#stopped.abort();
    this.#events.close();
  }

  #follow(threadId: string, place: Place): void {
    this.#stopped.abort();
    this.#stopped = new AbortController();
    const { signal } = this.#stopped;
    // After what waits for the messages has them: they take the place of all that was told before.
    setTimeout(() => void this.#hear(threadId, place, signal), 0);
  }

  async #hear(threadId: string, place: Place, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const heard = await this.#read(threadId, place, signal).catch(() => undefined);
      if (heard || (heard === false && next(place))) continue;
      if (this.#pollMs === 0 || signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, this.#pollMs));
    }
  }

  /** Reads what there is to be heard now; whether there was anything. Nothing where the routes refuse. */
  async #read(threadId: string, place: Place, signal: AbortSignal): Promise<boolean | undefined> {
    const chunks = await this.#events.read(threadId, place, signal);
    if (!chunks) return undefined;
    let isAny = false;
    for await (const chunk of chunks) {
      if (signal.aborted) return isAny;
      isAny = true;
      place.run = chunk.id.slice(0, chunk.id.lastIndexOf(":"));
      place.after = chunk.sequenceNumber;
      place.due = place.due.filter((one) => one !== place.run);
      this.#events.tell({ ...chunk, id: `${chunk.id}#${place.telling}` });
    }
    return isAny;
  }
}

/** Goes on to a run that was started and not heard: it was over before anybody asked. Whether there is one. */
function next(place: Place): boolean {
  const [run, ...due] = place.due;
  if (run === undefined) return false;
  Object.assign(place, { run, due, after: -1 });
  return true;
}
