import { aims } from "./aims.ts";
import { isHard } from "./hard.ts";
import type { Aim, Met } from "./kinds.ts";
import { aimName } from "./places.ts";
import type { Simulated } from "./simulate.ts";
import { type Cell, cellName, cells, spotOf } from "./spots.ts";

/** How often each fault is to happen in ten thousand seeds. */
export const LEAST = 20;

/** What has happened seldom. */
export interface Few {
  readonly name: string;
  readonly times: number;
}

/** What a coverage has counted, as it is kept between parts of a campaign. */
export interface Counts {
  readonly seeds: number;
  readonly runs: number;
  readonly requests: number;
  readonly met: Readonly<Record<string, number>>;
  /** By kind and spot. */
  readonly at: Readonly<Record<string, number>>;
}

/** How often each fault has happened, over many seeds. */
export class Coverage {
  readonly #met = new Map<string, number>();
  readonly #at = new Map<string, number>();
  seeds = 0;
  runs = 0;
  requests = 0;

  add({ met, runs, requests }: Pick<Simulated, "met" | "runs" | "requests">): void {
    this.seeds += 1;
    this.runs += runs;
    this.requests += requests;
    for (const one of met) this.#count(one);
  }

  /** All that was counted, to be kept. */
  counts(): Counts {
    return {
      seeds: this.seeds,
      runs: this.runs,
      requests: this.requests,
      met: Object.fromEntries(this.#met),
      at: Object.fromEntries(this.#at),
    };
  }

  /** Adds what other seeds have counted. */
  addCounts({ seeds, runs, requests, met, at }: Counts): void {
    this.seeds += seeds;
    this.runs += runs;
    this.requests += requests;
    for (const [name, count] of Object.entries(met)) bump(this.#met, name, count);
    for (const [name, count] of Object.entries(at)) bump(this.#at, name, count);
  }

  /** What has happened less often than this: kinds of faults at places that runs come to, and at spots of a run that seeds are to reach. */
  below(least: number): readonly Few[] {
    const few = [
      ...aims.map((aim) => ({ name: aimName(aim), times: this.times(aim) })),
      ...cells.flatMap((cell) =>
        isHard(cell) ? [] : [{ name: cellName(cell.kind, cell.spot), times: this.timesAt(cell) }],
      ),
    ];
    return few.filter(({ times }) => times < least);
  }

  /** How often a kind of fault has happened at a place. */
  times(aim: Aim): number {
    return this.#met.get(aimName(aim)) ?? 0;
  }

  /** How often a kind of fault has happened at a spot of a run. */
  timesAt({ kind, spot }: Cell): number {
    return this.#at.get(cellName(kind, spot)) ?? 0;
  }

  #count(met: Met): void {
    bump(this.#met, aimName(met));
    const spot = spotOf(met);
    if (spot) bump(this.#at, cellName(met.kind, spot));
  }
}

function bump(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
