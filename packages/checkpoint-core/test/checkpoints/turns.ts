import type { Backend } from "../../src/index.ts";
import type { Random } from "../runs/scheduler.ts";
import { wrapBackend } from "../wrap.ts";

/** Whoever calls the backend through a handle, until it is killed. */
export interface Actor {
  readonly backend: Backend;
  /** From its next call on nothing of it happens, or the call happens and nobody hears of it. */
  kill(after: boolean): void;
}

/** Lets calls of a backend happen one at a time, in an order that a seed decides. An actor may have several calls under way. */
export class Turns {
  readonly #inner: Backend;
  readonly #random: Random;
  #waiting: (() => void)[] = [];

  constructor(inner: Backend, random: Random) {
    this.#inner = inner;
    this.#random = random;
  }

  actor(): Actor {
    const inner = this.#inner;
    let fate: "well" | "killed before" | "killed after" = "well";
    const turn = async <T>(call: () => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
      if (fate === "killed before") return new Promise<never>(() => undefined);
      const answer = await call();
      if (fate === "well") return answer;
      fate = "killed before";
      return new Promise<never>(() => undefined);
    };
    const backend = wrapBackend(inner, {
      setup: () => Promise.resolve(),
      read: (...call) => turn(() => inner.read(...call)),
      scan: (...call) => turn(() => inner.scan(...call)),
      write: (...call) => turn(() => inner.write(...call)),
      drop: (...call) => turn(() => inner.drop(...call)),
    });
    return {
      backend,
      kill(after) {
        fate = after ? "killed after" : "killed before";
      },
    };
  }

  /** Lets one call after another happen until the work is done; what else waits goes on waiting. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const finish = (): void => {
      done = true;
    };
    work.then(finish, finish);
    for (;;) {
      await quiet();
      if (done) return work;
      const [next] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1);
      next?.();
    }
  }
}

/** Everything that can go on without the backend has done so. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1)
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
}
