import type { Backend } from "@perdure/checkpoint-core";
import type { Random } from "../../checkpoint-core/test/runs/scheduler.ts";
import { wrapBackend } from "../../checkpoint-core/test/wrap.ts";

/** A checkpoint of the race, as its writer knows it. */
export interface Put {
  readonly id: string;
  readonly ordinal: number;
  readonly n: number;
}

/** What the race has seen so far. */
export interface Seen {
  puts: number;
  reads: number;
  hiddenReads: number;
  pins: number;
  deletes: number;
  sweeps: number;
  /** Sweeps that freed at least one checkpoint. */
  freeing: number;
  /** Checkpoints that were freed. */
  freed: number;
  /** The most looks that one sweep took. */
  looks: number;
  starved: number;
  readonly wrong: string[];
}

/** A thread that is raced over: what was acknowledged of it, and who waits for something to happen to it. */
export class RacedThread {
  readonly name: string;
  readonly keepLast: number;
  /** What was put and acknowledged, the oldest first. */
  readonly puts: Put[] = [];
  /** Ids that somebody has begun to delete. */
  readonly deleted = new Set<string>();
  /** What somebody pins, or has chosen to. */
  readonly chosen = new Set<Put>();
  /** What is pinned, and not about to be unpinned. */
  readonly pinned = new Set<Put>();
  readonly seen: Seen;
  readonly #random: Random;
  #waiting: { readonly isDue: () => boolean; readonly go: () => void }[] = [];
  /** The lowest and the highest ordinal that a sweep is about to free. */
  #freeing: readonly number[] = [];
  #freed = 0;
  #over = false;

  constructor(name: string, keepLast: number, seen: Seen, random: Random) {
    this.name = name;
    this.keepLast = keepLast;
    this.seen = seen;
    this.#random = random;
  }

  /** A sweep's own handle: others go on between any two of its calls, and are told of what it frees. Some sweeps write one deletion at a time. */
  sweptBy(inner: Backend, sweep: { freed: number; looks: number }): Backend {
    const maxWrites = this.#random() < 0.3 ? 3 : inner.limits.maxWrites;
    return wrapBackend(inner, {
      limits: { ...inner.limits, maxWrites },
      read: async (...call) => {
        sweep.looks += call[1].includes("h") ? 1 : 0;
        await this.pause();
        return inner.read(...call);
      },
      scan: async (...call) => {
        await this.pause();
        return inner.scan(...call);
      },
      write: async (partition, batch) => {
        const ordinals = batch.writes.flatMap((write) =>
          write.op === "delete" && write.key.startsWith("c/") ? [Number(write.key.slice(2))] : [],
        );
        this.#freeing = ordinals;
        this.happened();
        await this.pause();
        const written = await inner.write(partition, batch);
        sweep.freed += ordinals.length;
        this.#freed += ordinals.length;
        this.happened();
        await this.pause();
        return written;
      },
    });
  }

  /** A handle whose scans wait until something of the thread was freed, or so much was put that nothing will be: what it read before is hidden by then. */
  lateReader(inner: Backend): Backend {
    return wrapBackend(inner, {
      setup: () => Promise.resolve(),
      scan: async (...call) => {
        const { length } = this.puts;
        const freed = this.#freed;
        await this.until(() => this.#freed > freed || this.puts.length >= length + 6);
        return inner.scan(...call);
      },
    });
  }

  /** Until a sweep that has looked is about to free the segment which the ordinal belongs to, or so much was put that none will. */
  async isAboutToGo(from: number, ordinal: number): Promise<void> {
    const { length } = this.puts;
    const isNear = (): boolean =>
      this.#freeing.some((one) => one >= from && one <= Math.max(ordinal, from + 3));
    await this.until(() => isNear() || this.puts.length >= length + 3 * this.keepLast);
  }

  /** Until so many more were put. */
  async putMore(count: number): Promise<void> {
    const { length } = this.puts;
    await this.until(() => this.puts.length >= length + count);
  }

  /** Resolves when it is so, or the race is over. */
  async until(isDue: () => boolean): Promise<void> {
    if (this.#over || isDue()) return;
    await new Promise<void>((go) => {
      this.#waiting.push({ isDue, go });
    });
  }

  /** Something has happened: who waited for it goes on. */
  happened(): void {
    const all = this.#waiting;
    this.#waiting = all.filter(({ isDue }) => !this.#over && !isDue());
    for (const one of all) if (!this.#waiting.includes(one)) one.go();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#over = true;
    this.happened();
  }

  /** Others go on, for some turns, sometimes. */
  async pause(): Promise<void> {
    const turns = this.#random() < 0.3 ? Math.ceil(this.#random() * 3) : 0;
    for (let turn = 0; turn < turns; turn += 1)
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
  }
}
