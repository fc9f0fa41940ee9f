import type { CheckpointRecord, Checkpointer } from "@perdure/checkpoint-core";
import { headerOf } from "./header.ts";

/** What was seen of a thread: its checkpoints from the head down to `floor`, and the newest of each namespace among them. */
interface Seen {
  readonly head: string;
  readonly floor: string;
  /** Nothing stands below the floor. */
  readonly whole: boolean;
  readonly newest: Map<string, CheckpointRecord>;
}

/** Checkpoints of one page. */
const PAGE = 100;
/** Threads, and namespaces of one, that are remembered at most. */
const MOST = 1000;

/**
 * Finds the newest checkpoint of a namespace. The graphs inside a graph save into the same thread, so that is not always the thread's head: what this process has seen is remembered, and only
 * what is newer is looked at.
 */
export class Latest {
  readonly #checkpoints: Checkpointer;
  readonly #threads = new Map<string, Seen>();

  constructor(checkpoints: Checkpointer) {
    this.#checkpoints = checkpoints;
  }

  /** The newest checkpoint of the namespace, as it is now; `undefined` where there is none. */
  async of(threadId: string, ns: string): Promise<CheckpointRecord | undefined> {
    const known = this.#threads.get(threadId);
    const newest = new Map<string, CheckpointRecord>();
    const ends: { head?: string; floor?: string } = {};
    const look = async (before?: string, stopAt?: string): Promise<"met" | "found" | "end"> => {
      for await (const record of checkpointsOf(this.#checkpoints, threadId, before)) {
        if (record.id === stopAt) return "met";
        ends.head ??= record.id;
        ends.floor = record.id;
        const own = headerOf(record)?.ns;
        if (own !== undefined && !newest.has(own)) newest.set(own, record);
        if (own === ns && stopAt === undefined) return "found";
      }
      return "end";
    };
    let ended = await look(undefined, known?.head);
    let whole = ended === "end";
    if (known && ended === "met") {
      for (const [other, record] of known.newest) if (!newest.has(other)) newest.set(other, record);
      ends.head ??= known.head;
      ends.floor = known.floor;
      whole = known.whole;
      if (!whole && !newest.has(ns)) {
        ended = await look(known.floor);
        whole = ended === "end";
      }
    }
    this.#remember(threadId, newest, ends, whole);
    return newest.get(ns);
  }

  /** What was seen of the thread counts no more. */
  forget(threadId: string): void {
    this.#threads.delete(threadId);
  }

  #remember(
    threadId: string,
    newest: Map<string, CheckpointRecord>,
    { head, floor }: { readonly head?: string; readonly floor?: string },
    whole: boolean,
  ): void {
    this.#threads.delete(threadId);
    if (head === undefined || floor === undefined || newest.size > MOST) return;
    this.#threads.set(threadId, { head, floor, whole, newest });
    const [oldest] = this.#threads.keys();
    if (this.#threads.size > MOST && oldest !== undefined) this.#threads.delete(oldest);
  }
}

/** The thread's checkpoints, the newest first, below one of them. */
export async function* checkpointsOf(
  checkpoints: Checkpointer,
  threadId: string,
  below?: string,
): AsyncGenerator<CheckpointRecord, void, undefined> {
  for (let before = below; ; ) {
    const page = await checkpoints.list(threadId, { limit: PAGE, before });
    yield* page;
    if (page.length < PAGE) return;
    before = page.at(-1)?.id;
  }
}
