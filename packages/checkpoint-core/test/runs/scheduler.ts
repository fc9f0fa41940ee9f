import type { Backend } from "../../src/index.ts";
import { StorageError } from "../../src/index.ts";

/** A number in [0, 1) from a seed: the same list for the same seed, everywhere. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What happens to a call of the backend: it goes well, does not reach it, loses its acknowledgement, or its process is killed before or after it. */
type Fate = "well" | "refused" | "lost" | "killed before" | "killed after";

interface Actor {
  state: "running" | "parked" | "done" | "dead";
  go?: (fate: Fate) => void;
  error?: unknown;
}

/** Runs actors over one backend, one call at a time, in an order and with faults that a seed decides. */
export class Scheduler {
  readonly #backend: Backend;
  readonly #random: Random;
  readonly #actors: Actor[] = [];
  #waiting: readonly { readonly at: number; readonly act: (backend: Backend) => Promise<void> }[] =
    [];
  #calls = 0;
  #faults: number;

  constructor(backend: Backend, random: Random, faults: number) {
    this.#backend = backend;
    this.#random = random;
    this.#faults = faults;
  }

  /** An actor of its own process, which begins after so many calls of others: each of its own calls waits for its turn. */
  spawn(act: (backend: Backend) => Promise<void>, after = 0): void {
    this.#waiting = [...this.#waiting, { at: this.#calls + after, act }];
  }

  /** Until every actor is done or dead. Throws what an actor threw. */
  async run(): Promise<void> {
    for (;;) {
      this.#begin();
      while (this.#actors.some(({ state }) => state === "running"))
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      const failed = this.#actors.find(({ error }) => error !== undefined);
      if (failed) throw failed.error;
      const parked = this.#actors.filter(({ state }) => state === "parked");
      const next = parked[Math.floor(this.#random() * parked.length)];
      this.#calls += 1;
      if (next) {
        next.state = "running";
        next.go?.(this.#fate());
      } else if (this.#waiting.length === 0) return;
    }
  }

  #begin(): void {
    const due = this.#waiting.filter(({ at }) => at <= this.#calls);
    for (const { act } of due) {
      const actor: Actor = { state: "running" };
      this.#actors.push(actor);
      const finish = (error?: unknown): void => {
        actor.state = "done";
        if (error !== undefined) actor.error = error;
      };
      act(this.#backendOf(actor)).then(() => finish(), finish);
    }
    this.#waiting = this.#waiting.filter(({ at }) => at > this.#calls);
  }

  #fate(): Fate {
    if (this.#faults === 0 || this.#random() > 0.06) return "well";
    this.#faults -= 1;
    const fates: readonly Fate[] = ["refused", "lost", "lost", "killed before", "killed after"];
    return fates[Math.floor(this.#random() * fates.length)] ?? "well";
  }

  #backendOf(actor: Actor): Backend {
    const inner = this.#backend;
    const turn = (): Promise<Fate> =>
      new Promise((resolve) => {
        actor.state = "parked";
        actor.go = resolve;
      });
    const die = (): Promise<never> => {
      actor.state = "dead";
      return new Promise<never>(() => undefined);
    };
    let before: Promise<unknown> = Promise.resolve();
    // Calls that an actor makes at the same time take their turns one after the other.
    const guarded = <T>(work: () => Promise<T>): Promise<T> => {
      const mine = before.then(async () => alone(work));
      before = mine.catch(() => undefined);
      return mine;
    };
    const alone = async <T>(work: () => Promise<T>): Promise<T> => {
      const fate = await turn();
      if (fate === "killed before") return die();
      if (fate === "refused") throw new StorageError("UNAVAILABLE", "Not reached.");
      const answer = await work();
      if (fate === "killed after") return die();
      if (fate === "lost") throw new StorageError("UNAVAILABLE", "The answer was lost.");
      return answer;
    };
    return {
      name: inner.name,
      limits: inner.limits,
      setup: async () => undefined,
      read: async (...input) => guarded(async () => inner.read(...input)),
      scan: async (...input) => guarded(async () => inner.scan(...input)),
      write: async (...input) => guarded(async () => inner.write(...input)),
      drop: async (...input) => guarded(async () => inner.drop(...input)),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
}
