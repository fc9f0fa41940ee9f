import type { StoreContext } from "../context.ts";
import type { Timer } from "../timer.ts";
import { streamPartition } from "./belonging.ts";
import type { StreamEvent } from "./contract.ts";
import type { Notifier } from "../../backend/notifier.ts";
import { lookAt } from "./read.ts";

/** What a follower follows with. */
export interface Following {
  readonly context: StoreContext;
  readonly notifier: Notifier;
  readonly timer: Timer;
  readonly streamId: string;
  readonly from: number;
  readonly signal: AbortSignal | undefined;
}

/** Events that a follower holds at most: it reads the next ones when these were taken. */
const PAGE = 256;
/** The pause after a look that found something, in milliseconds; each one after it is twice as long, up to the longest. */
const SHORTEST_MS = 25;
/** The longest pause between two looks, by how far the notifier reaches: the most by which an event is late when its wake is lost. */
const LONGEST_MS: Readonly<Record<Notifier["reach"], number>> = { process: 1000, storage: 10_000 };

/** The events of a stream as they come; see `StreamStore.follow`. */
export function followStream<T>(following: Following): AsyncIterableIterator<StreamEvent<T>> {
  const stopped = new AbortController();
  const events = eventsOf(following, stopped) as AsyncGenerator<StreamEvent<T>, undefined>;
  return {
    next: () => events.next(),
    // A generator that waits for its next event would answer this only when that has come.
    return() {
      stopped.abort();
      return events.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* eventsOf(
  following: Following,
  stopped: AbortController,
): AsyncGenerator<StreamEvent, undefined> {
  const { context, notifier, streamId, signal } = following;
  const bell = new Bell(stopped.signal);
  const stop = (): void => stopped.abort();
  const unsubscribe = notifier.subscribe(streamPartition(context, streamId).name, () =>
    bell.ring(),
  );
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    yield* looks(following, bell);
  } finally {
    // First what cannot fail: nothing is left waiting, whatever the notifier does.
    signal?.removeEventListener("abort", stop);
    unsubscribe();
  }
  return undefined;
}

/** Looks, gives what was found, and pauses where there was nothing more. The bell is set before each look, so that what is written after it is not slept through. */
async function* looks(
  { context, notifier, timer, streamId, from }: Following,
  bell: Bell,
): AsyncGenerator<StreamEvent, undefined> {
  await context.ready();
  const longest = LONGEST_MS[notifier.reach];
  let next = from;
  let token: string | undefined;
  let pause = SHORTEST_MS;
  while (!bell.stopped) {
    bell.set();
    const look = await lookAt(context, streamId, next, PAGE, token);
    ({ token } = look);
    for (const event of look.events) {
      if (bell.stopped) return undefined;
      next = event.index + 1;
      yield event;
    }
    if (look.ended) return undefined;
    if (look.events.length > 0) pause = SHORTEST_MS;
    if (!look.atEnd) continue;
    await bell.pause(timer, pause);
    pause = Math.min(pause * 2, longest);
  }
  return undefined;
}

/** Ends a pause when it is rung, also when it was rung before the pause began. */
class Bell {
  readonly #stopped: AbortSignal;
  #rung = new AbortController();

  constructor(stopped: AbortSignal) {
    this.#stopped = stopped;
  }

  get stopped(): boolean {
    return this.#stopped.aborted;
  }

  /** What rang before counts no more. */
  set(): void {
    if (this.#rung.signal.aborted) this.#rung = new AbortController();
  }

  ring(): void {
    this.#rung.abort();
  }

  async pause(timer: Timer, ms: number): Promise<void> {
    const stop = (): void => this.#rung.abort();
    this.#stopped.addEventListener("abort", stop);
    try {
      if (!this.stopped) await timer.wait(ms, this.#rung.signal);
    } finally {
      this.#stopped.removeEventListener("abort", stop);
    }
  }
}
