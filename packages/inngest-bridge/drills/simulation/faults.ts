import type { Random } from "../../src/testing/random.ts";
import { type Aim, type FaultKind, kindsOf, type Met, type Place, type Where } from "./kinds.ts";
import { oneOf } from "./script.ts";

/** Faults beside the one that the seed is about, in one world. */
const MOST = 3;
/** How often something unexpected is done from outside when a run changes its state. */
const SURPRISES = 0.06;

/**
 * Decides what goes wrong. Each seed is about one kind of fault at one place: it happens there with a chance of a half each time, at most twice; every other fault happens with a small one.
 */
export class Faults {
  readonly met: Met[] = [];
  readonly offered = new Map<string, number>();
  readonly #random: Random;
  readonly #aim: Aim;
  readonly #rate: number;
  #aimsLeft = 2;
  #left: number;
  #calm = false;

  constructor(random: Random, aim: Aim) {
    this.#random = random;
    this.#aim = aim;
    this.#rate = oneOf(random, [0, 0.004, 0.02]);
    this.#left = random.below(MOST + 1);
  }

  /** From here on nothing goes wrong. */
  calm(): void {
    this.#calm = true;
  }

  get isCalm(): boolean {
    return this.#calm;
  }

  /** The fault that happens here, if one does. */
  at<W extends Where>(place: Place<W>): FaultKind<W> | undefined {
    if (this.#calm) return undefined;
    const seen = placeName(place);
    this.offered.set(seen, (this.offered.get(seen) ?? 0) + 1);
    const kind = this.#choose(place);
    if (kind !== undefined) this.met.push({ ...place, kind });
    return kind;
  }

  /** What people do from outside when a run has come to a state. */
  surprise(state: string): FaultKind<"outside"> | undefined {
    const place = { where: "outside", site: "outside", state } as const;
    if (this.#calm) return undefined;
    const wanted = this.#isAim(place) ? this.#aim.kind : wantedFor(this.#aim, state);
    const aimed = kindsOf.outside.find((kind) => kind === wanted);
    if (aimed !== undefined && this.#random.next() < 0.6) return aimed;
    return this.#random.next() < SURPRISES ? oneOf(this.#random, kindsOf.outside) : undefined;
  }

  /** What people do from outside while something takes longer than anybody waits: here the rare things happen, so it is seldom nothing. */
  surpriseMeanwhile(): FaultKind<"outside"> | undefined {
    if (this.#calm || this.#random.next() < 0.3) return undefined;
    return oneOf(this.#random, ["cancel", "cancel", "resume", "resume", "rerun", "message"]);
  }

  /** Notes what was done from outside, or decided. */
  note<W extends "outside" | "people">(where: W, kind: FaultKind<W>, state: string): void {
    const place = { where, site: where, state };
    this.offered.set(placeName(place), (this.offered.get(placeName(place)) ?? 0) + 1);
    this.met.push({ ...place, kind });
  }

  #isAim({ site, state }: Pick<Place, "site" | "state">): boolean {
    return this.#aim.site === site && this.#aim.state === state;
  }

  #choose<W extends Where>(place: Place<W>): FaultKind<W> | undefined {
    const kinds: readonly FaultKind<W>[] = kindsOf[place.where];
    const aimed = this.#isAim(place) ? kinds.find((kind) => kind === this.#aim.kind) : undefined;
    if (aimed !== undefined && this.#aimsLeft > 0 && this.#random.next() < 0.6) {
      this.#aimsLeft -= 1;
      return aimed;
    }
    if (this.#left === 0 || this.#random.next() >= this.#rate) return undefined;
    this.#left -= 1;
    return kinds[this.#random.below(kinds.length)];
  }
}

/** A place in words. */
function placeName({ site, state }: Pick<Place, "site" | "state">): string {
  return `${site}, ${state}`;
}

/** What people must do to a run in a state, so that it may come to the place that the seed is about. */
function wantedFor({ site, state: wanted }: Aim, state: string): string | undefined {
  if (state !== "running") return undefined;
  if (site === "call cancelled") return "cancel-execution";
  if (site === "call wait") return "resume";
  const isNatural = ["call first", "call failure", "read", "write index"].includes(site);
  return wanted === "ended" && !isNatural ? "cancel" : undefined;
}
