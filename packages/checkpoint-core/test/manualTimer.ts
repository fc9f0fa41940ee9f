import { setImmediate } from "node:timers/promises";
import type { Timer } from "../src/index.ts";

interface Waiting {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes when a test says so. */
export class ManualTimer implements Timer {
  #now = 0;
  readonly #waiting = new Set<Waiting>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** The longest of those who wait, in milliseconds from now. */
  get longest(): number {
    return Math.max(0, ...[...this.#waiting].map(({ at }) => at - this.#now));
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const waiting = { at: this.#now + ms, wake };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", wake);
    });
  }

  /** So many milliseconds pass, and everything that can happen then has happened. */
  async passed(ms: number): Promise<void> {
    await settle();
    this.#now += ms;
    for (const { at, wake } of this.#waiting) if (at <= this.#now) wake();
    await settle();
  }
}

/** Enough turns of the event loop for what waits for nothing but the memory backend. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}
