import type { StoredEvent } from "./event.ts";

/** Something that the server does at a time. */
export type Job =
  /** Call the SDK: to discover steps, or to run the step `step`. */
  | {
      readonly kind: "call";
      readonly runId: string;
      readonly step?: string;
      readonly attempt: number;
      readonly id: string;
      /** The step whose end this call follows. */
      readonly from?: string;
    }
  /** A sleep is over. */
  | { readonly kind: "wake"; readonly runId: string; readonly step: string; readonly race: boolean }
  /** A wait for an event or for an invoked function has timed out. */
  | { readonly kind: "expire"; readonly runId: string; readonly step: string }
  /** A run has waited too long for its first call, or takes too long. */
  | { readonly kind: "timeout"; readonly runId: string; readonly of: "start" | "finish" }
  /** Events of one key have been quiet for as long as a function asks, or a batch of them is due. */
  | { readonly kind: "debounce"; readonly key: string; readonly eventId: string }
  | { readonly kind: "batch"; readonly key: string; readonly eventId: string }
  /** The server sends an event of its own. */
  | { readonly kind: "event"; readonly event: StoredEvent }
  /** A cron trigger fires. */
  | { readonly kind: "cron"; readonly functionId: string; readonly cron: string };

interface Entry {
  readonly at: number;
  /** Among what is due the lowest comes first. */
  readonly rank: number;
  readonly job: Job;
}

/** What is to be done and when; what is due at the same time comes in the order it was added. */
export class Agenda {
  #entries: Entry[] = [];

  /** A job with a lead comes before what was due that many milliseconds earlier, though never before its time. */
  add(at: number, job: Job, leadMs = 0): void {
    let place = this.#entries.length;
    while (place > 0 && (this.#entries[place - 1]?.at ?? 0) > at) place -= 1;
    this.#entries.splice(place, 0, { at, rank: at - leadMs, job });
  }

  /** When the next job is due, of those after a time where one is given. Cron triggers never end, so they count only when asked for. */
  nextAt({
    cron,
    after = Number.NEGATIVE_INFINITY,
  }: {
    readonly cron: boolean;
    readonly after?: number;
  }): number | undefined {
    return this.#entries.find(({ at, job }) => at > after && (cron || job.kind !== "cron"))?.at;
  }

  /** Takes out one job that is due and may start; `pick` chooses among them. */
  take(
    now: number,
    mayStart: (job: Job) => boolean,
    pick: (count: number) => number,
  ): Job | undefined {
    const due = this.#entries
      .filter((entry) => entry.at <= now && mayStart(entry.job))
      .toSorted((one, other) => one.rank - other.rank);
    const chosen = due[due.length > 1 ? pick(due.length) : 0];
    if (chosen !== undefined) this.#entries.splice(this.#entries.indexOf(chosen), 1);
    return chosen?.job;
  }

  /** A run that has ended does nothing more. */
  removeRun(runId: string): void {
    this.#entries = this.#entries.filter(({ job }) => !("runId" in job) || job.runId !== runId);
  }

  removeTimeout(runId: string, step: string): void {
    this.#entries = this.#entries.filter(
      ({ job }) => job.kind !== "expire" || job.runId !== runId || job.step !== step,
    );
  }
}
