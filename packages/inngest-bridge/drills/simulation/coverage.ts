import { aims } from "./aims.ts";
import { type FaultKind, kindsOf, type Met, type Where } from "./kinds.ts";
import { aimName, places } from "./places.ts";
import type { Simulated } from "./simulate.ts";

/** The states of a run, as the table's columns. */
const STATES = ["none", "queued", "running", "suspended", "failed", "ended"] as const;

/** Requests of an execution that have a column of their own; later ones share the last. */
const REQUESTS = 12;

/** What a coverage has counted, as it is kept between parts of a campaign. */
export interface Counts {
  readonly seeds: number;
  readonly runs: number;
  readonly requests: number;
  readonly met: Readonly<Record<string, number>>;
  readonly byRequest: Readonly<Record<string, number>>;
}

/** How often each fault has happened, over many seeds. */
export class Coverage {
  readonly #met = new Map<string, number>();
  readonly #byRequest = new Map<string, number>();
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
      byRequest: Object.fromEntries(this.#byRequest),
    };
  }

  /** Adds what other seeds have counted. */
  addCounts({ seeds, runs, requests, met, byRequest }: Counts): void {
    this.seeds += seeds;
    this.runs += runs;
    this.requests += requests;
    for (const [name, count] of Object.entries(met)) bump(this.#met, name, count);
    for (const [name, count] of Object.entries(byRequest)) bump(this.#byRequest, name, count);
  }

  /** The places that runs come to at which a kind of fault has happened less often than this. */
  below(least: number): readonly string[] {
    return aims.map(aimName).filter((name) => this.times(name) < least);
  }

  times(name: string): number {
    return this.#met.get(name) ?? 0;
  }

  /** Two tables in Markdown: each kind of fault at each place by the run's state, and the faults of calls by the number of the request. */
  toString(): string {
    const rows = Object.entries(places).flatMap(([where, sites]) =>
      kindsOf[where as Where].flatMap((kind: FaultKind) =>
        Object.entries(sites).map(([site, states]) => this.#row(kind, site, states)),
      ),
    );
    return [
      `| fault | at | ${STATES.join(" | ")} |`,
      `| --- | --- | ${STATES.map(() => "--:").join(" | ")} |`,
      ...rows,
      "",
      `| fault of a call | ${numbers().join(" | ")} |`,
      `| --- | ${numbers()
        .map(() => "--:")
        .join(" | ")} |`,
      ...kindsOf.call.map((kind) => this.#requestRow(kind)),
    ].join("\n");
  }

  #row(kind: FaultKind, site: string, states: readonly string[]): string {
    const cells = STATES.map((state) =>
      states.includes(state) ? `${this.times(aimName({ kind, site, state }))}` : "",
    );
    return `| ${kind} | ${site} | ${cells.join(" | ")} |`;
  }

  #requestRow(kind: string): string {
    const cells = numbers().map((number) => this.#byRequest.get(`${kind} ${number}`) ?? 0);
    return `| ${kind} | ${cells.join(" | ")} |`;
  }

  #count({ kind, site, state, request }: Met): void {
    bump(this.#met, aimName({ kind, site, state }));
    if (request !== undefined) bump(this.#byRequest, `${kind} ${Math.min(request, REQUESTS)}`);
  }
}

function numbers(): readonly number[] {
  return Array.from({ length: REQUESTS }, (_, place) => place + 1);
}

function bump(counts: Map<string, number>, name: string, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}
