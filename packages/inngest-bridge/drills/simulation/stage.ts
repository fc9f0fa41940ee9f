import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { type Random, seededRandom } from "../../src/testing/random.ts";

/** A process of the simulated world. When it dies, nothing that it had begun goes on. */
export interface Life {
  readonly name: string;
  alive: boolean;
  /** How far its clock is off, in milliseconds. */
  skew: number;
}

/** Who runs the code that runs now: one request to a process, or one call of a person. */
export interface Actor {
  readonly life: Life;
  /** How often the seed lets it go on, beside others: 1 is usual, less is slower. */
  readonly pace: number;
  /** Whose run it is about; nobody's in a world without tenants. */
  readonly tenant: string | undefined;
  /** The run that it is about. */
  readonly runId: string | undefined;
  /** The Inngest run that it is a request of. */
  readonly execution: string | undefined;
  /** The number of choices before it began. */
  readonly since: number;
  /** What it has looked at in the store, by key. */
  readonly looks: Map<string, Looked>;
}

/** What was true when a record was looked at. */
export interface Looked {
  /** The number of choices before. */
  readonly at: number;
  /** The run was this execution's. */
  readonly held: boolean;
}

/** Something that may happen: at its time, when the seed chooses it. */
export interface Task {
  readonly label: string;
  at: number;
  readonly actor: Actor | undefined;
  /** The world ends without it. */
  daemon: boolean;
  readonly go: () => void;
}

const actors = new AsyncLocalStorage<Actor | undefined>();

/** The actor whose code runs now; none for the server and the world around. */
export function actor(): Actor | undefined {
  return actors.getStore();
}

/** The stage on which the running code plays; none outside of a simulated world. */
export const stages: AsyncLocalStorage<Stage | undefined> = new AsyncLocalStorage();

const fromNowhere = AsyncLocalStorage.snapshot();

/** Runs code as an actor, or (`undefined`) as nobody's: what the caller is in the midst of, a step that dies perhaps, it knows nothing of. */
export function as<T>(who: Actor | undefined, body: () => T): T {
  const stage = stages.getStore();
  return fromNowhere(() => stages.run(stage, () => actors.run(who, body)));
}

const realImmediate = setImmediate;

/** Choices before a simulated world counts as one that never comes to rest. */
const MAX_CHOICES = 60_000;

/**
 * The order of all that happens. Whoever reaches a point where another could come first waits in `pass` until the seed chooses it; between two choices all code runs until it waits again.
 * So the seed decides every interleaving, and the same seed gives the same trace.
 */
export class Stage {
  readonly seed: number;
  readonly random: Random;
  readonly trace: string[] = [];
  readonly start: number;
  #now: number;
  #tasks: Task[] = [];

  constructor(seed: number, start: number) {
    this.seed = seed;
    this.random = seededRandom(seed);
    this.start = start;
    this.#now = start;
  }

  /** The true time. */
  get now(): number {
    return this.#now;
  }

  /** The time as the running code's process has it. */
  get clock(): number {
    return this.#now + (actor()?.life.skew ?? 0);
  }

  /** Resolves when the seed lets the caller go on, at the earliest in so many milliseconds; never for one that has died. */
  async pass(label: string, ms = 0): Promise<void> {
    await new Promise<void>((resolve) => {
      this.add(label, ms, resolve);
    });
  }

  /** Plans what happens after so many milliseconds, as the running actor. */
  add(label: string, ms: number, go: () => void, daemon = false): Task {
    const who = actor();
    const task: Task = {
      label: who === undefined ? label : `${who.life.name}: ${label}`,
      at: this.#now + ms,
      actor: who,
      daemon,
      go: AsyncResource.bind(go),
    };
    if (who?.life.alive !== false) this.#tasks.push(task);
    return task;
  }

  remove(task: Task): void {
    this.#tasks = this.#tasks.filter((one) => one !== task);
  }

  /** Nothing of this process goes on. */
  kill(life: Life): void {
    life.alive = false;
    this.#tasks = this.#tasks.filter(({ actor: who }) => who?.life !== life);
  }

  /** Notes what is no choice, for those who read the trace. */
  note(what: string): void {
    this.trace.push(`${this.#now - this.start} ${what}`);
  }

  /** Lets things happen until nothing is left that anybody waits for, or until a time. */
  async play(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (let choices = 0; choices < MAX_CHOICES; choices += 1) {
      await quiet();
      if (!this.#tasks.some(({ daemon }) => !daemon)) return;
      const due = this.#tasks.filter(({ at }) => at <= this.#now);
      const task = due.length === 0 ? this.#next(until) : this.#choose(due);
      if (task === undefined) return;
      this.#now = Math.max(this.#now, task.at);
      this.remove(task);
      this.note(task.label);
      task.go();
    }
    throw new Error("The simulated world does not come to rest.");
  }

  #next(until: number): Task | undefined {
    const first = this.#tasks.reduce<Task | undefined>(
      (best, task) => (best === undefined || task.at < best.at ? task : best),
      undefined,
    );
    if (first !== undefined && first.at <= until) return first;
    this.#now = Math.max(this.#now, until);
    return undefined;
  }

  #choose(due: readonly Task[]): Task | undefined {
    if (due.length === 1) return due[0];
    const total = due.reduce((sum, task) => sum + paceOf(task), 0);
    let left = this.random.next() * total;
    return due.find((task) => (left -= paceOf(task)) < 0) ?? due.at(-1);
  }
}

function paceOf({ actor: who }: Task): number {
  return who?.pace ?? 1;
}

/** All code has run until it waits for a choice: what the SDK awaits are promises of this process, so one turn of the event loop ends them. */
async function quiet(): Promise<void> {
  await new Promise<void>((resolve) => {
    realImmediate(resolve);
  });
}
