import type { Job } from "./agenda.ts";
import { makeCall } from "./call.ts";
import { hasRoom } from "./concurrency.ts";
import { deferred } from "./deferred.ts";
import { addCall } from "./due.ts";
import { TestInngestError } from "./errors.ts";
import { doJob } from "./job.ts";
import type { Run } from "./run.ts";
import { throttledUntil } from "./throttle.ts";
import type { World } from "./world.ts";

/** How many calls may be under way at once. */
export interface InFlight {
  readonly total: number;
  readonly perRun: number;
}

/** Takes jobs from the agenda and does them; at rest unless told to work. */
export class Worker {
  readonly #world: World;
  readonly #inFlight: InFlight;
  readonly #pick: (count: number) => number;
  readonly #stuckAfterMs: number;
  readonly #ready: () => Promise<void>;
  readonly #calls = new Map<Promise<void>, Run>();
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #woken = deferred<void>();

  constructor(options: {
    readonly world: World;
    readonly inFlight: InFlight;
    readonly pick: (count: number) => number;
    readonly stuckAfterMs: number;
    /** Resolves when no app is registering. */
    readonly ready: () => Promise<void>;
  }) {
    this.#world = options.world;
    this.#inFlight = options.inFlight;
    this.#pick = options.pick;
    this.#stuckAfterMs = options.stuckAfterMs;
    this.#ready = options.ready;
  }

  /** Works until nothing is due at the present time and nothing is under way. */
  async settle(): Promise<void> {
    for (;;) {
      await this.#ready();
      this.#startDue();
      this.#throwProblem();
      if (this.#calls.size + this.#world.background.size === 0) return;
      await this.#whenSomethingEnds();
    }
  }

  /** Works through everything that is due up to `until`, in the order of its time. */
  async settleUntil(until: number, options: { readonly cron: boolean }): Promise<void> {
    await this.settle();
    for (;;) {
      const next = this.#world.agenda.nextAt(options);
      if (next === undefined || next > until) break;
      await this.#pass(next);
      await this.settle();
    }
    if (Number.isFinite(until)) await this.#pass(until);
    await this.settle();
  }

  /** On a real clock: does what is due and comes back when the next thing is. */
  run(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    // Read before: what comes due while the due jobs are started was not offered to them. What was, and could not start, is tried again when a call ends.
    const offered = this.#world.clock.now();
    this.#startDue();
    const next = this.#world.agenda.nextAt({ cron: true, after: offered });
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.run(), Math.min(next - this.#world.clock.now(), 60_000));
  }

  /** Nothing is begun by itself any more, also not behind a call that is under way. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Lets the time come: a virtual clock is moved, a real one waited for. */
  async #pass(at: number): Promise<void> {
    const { clock } = this.#world;
    clock.moveTo(at);
    const left = at - clock.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }

  #startDue(): void {
    for (;;) {
      const job = this.#world.agenda.take(
        this.#world.clock.now(),
        (candidate) => this.#mayStart(candidate),
        this.#pick,
      );
      if (job === undefined) return;
      if (job.kind === "call") this.#startUnlessThrottled(job);
      else doJob(this.#world, job);
    }
  }

  /** Only a run's first call is throttled; one that is comes back at its time, behind those before it. */
  #startUnlessThrottled(job: Extract<Job, { readonly kind: "call" }>): void {
    const run = this.#world.runs.get(job.runId);
    const later = run?.requests === 0 ? throttledUntil(this.#world, run) : undefined;
    if (later === undefined) this.#startCall(job);
    else addCall(this.#world, later, job, run?.priorityMs);
  }

  #startCall(job: Extract<Job, { readonly kind: "call" }>): void {
    const run = this.#world.runs.get(job.runId);
    if (run === undefined) return;
    const call = makeCall(this.#world, job)
      .catch((error: unknown) => {
        this.#world.problems.push(error instanceof Error ? error : new Error(String(error)));
      })
      .finally(() => {
        this.#calls.delete(call);
        this.#woken.resolve();
        if (this.#world.clock.kind === "real") this.run();
      });
    this.#calls.set(call, run);
  }

  #mayStart(job: Job): boolean {
    if (job.kind !== "call") return true;
    const run = this.#world.runs.get(job.runId);
    const running = [...this.#calls.values()];
    if (run === undefined) return true;
    if (running.length >= this.#inFlight.total) return false;
    if (running.filter((other) => other === run).length >= this.#inFlight.perRun) return false;
    return hasRoom(run, running);
  }

  async #whenSomethingEnds(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#stuck()), this.#stuckAfterMs);
    });
    this.#woken = deferred<void>();
    try {
      await Promise.race([
        this.#woken.promise,
        stuck,
        ...this.#calls.keys(),
        ...this.#world.background,
      ]);
    } finally {
      clearTimeout(timer);
    }
  }

  #stuck(): TestInngestError {
    const runs = [...this.#calls.values()]
      .map((run) => `${run.definition.id} (${run.id})`)
      .join(", ");
    return new TestInngestError(
      "STUCK",
      `The app has not answered for ${this.#stuckAfterMs} ms: ${runs}. A step inside a step, or a promise that never settles?`,
    );
  }

  #throwProblem(): void {
    const [problem] = this.#world.problems.splice(0, 1);
    if (problem !== undefined) throw problem;
  }
}
