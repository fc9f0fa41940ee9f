import { type Random, seededRandom } from "../../src/testing/random.ts";
import {
  type Aim,
  type FaultKind,
  kindsOf,
  type Met,
  type Place,
  type Standing,
  type Where,
} from "./kinds.ts";
import { isRare, placeName, weighed } from "./places.ts";
import { chanceAt } from "./chances.ts";
import { spotOf } from "./spots.ts";
import { meetingIn, strikesAt } from "./stations.ts";
import { oneOf } from "./script.ts";

const APART = 0xc0de;

/** Faults beside the one that the seed is about, in one world. */
const MOST = 3;
/** How often something unexpected is done from outside when a run changes its state, and where that is rare. */
const SURPRISES = 0.06;
const RARE_SURPRISES = 0.6;
/** Places of each seed at which something goes wrong more often than not, and how often; and at those that few seeds come to. */
const HOT_PLACES = [0, 8, 12, 20] as const;
const HOT = 0.7;
const RARE = 0.9;
/** What is done to failed runs: above all what may revive them. */
const ON_FAILURE = [...kindsOf.outside, "resume", "resume", "retry", "rerun", "rerun"] as const;
/** What brings requests and writes about a run that has failed. */
const REVIVING = ["resume", "resume", "rerun", "retry"] as const;
/** How often something goes wrong at such places in one world. */
const MOST_HOT = 4;

/**
 * Decides what goes wrong. Each seed is about a few kinds of fault, each at one place: there it happens more often than not, at most twice. At a few other places any kind happens, once each;
 * and everywhere, seldom, anything.
 */
export class Faults {
  readonly met: Met[] = [];
  readonly offered = new Map<string, number>();
  readonly #random: Random;
  readonly #aims: readonly { readonly aim: Aim; left: number }[];
  readonly #rate: number;
  #left: number;
  readonly #hot: Set<string>;
  #hotLeft = MOST_HOT;
  #calm = false;
  /** Its numbers are its own. */
  readonly #counting: Random;
  /** The request at which a run is cancelled. */
  readonly #strikesAt: number | undefined;
  /** The state in which faults happen that are counted; any, where that is not said. */
  readonly #meetingIn: string | undefined;

  constructor(random: Random, about: readonly Aim[], seed: number) {
    this.#random = random;
    this.#counting = seededRandom(seed ^ APART);
    this.#strikesAt = strikesAt(seed);
    this.#aims = about.map((aim) => ({ aim, left: 2 }));
    this.#rate = oneOf(random, [0, 0.004, 0.02]);
    this.#left = random.below(MOST + 1);
    this.#meetingIn = meetingIn(seed);
    const isKept = this.#meetingIn !== undefined;
    const count = isKept ? 0 : oneOf(random, HOT_PLACES);
    if (isKept) this.#hotLeft = this.#left = 0;
    const places = Array.from({ length: count }, () => weighed[random.below(weighed.length)] ?? "");
    this.#hot = new Set(places);
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
    this.#offer(place);
    const kind = this.#choose(place) ?? this.#byCount(place);
    if (kind !== undefined) this.met.push({ ...place, kind });
    return kind;
  }

  /** What people do from outside when a run has come to a state. */
  surprise(state: string): FaultKind<"outside"> | undefined {
    const place = { where: "outside", site: "outside", state } as const;
    if (this.#calm) return undefined;
    const aimed = this.#aimedAt(place);
    if (aimed !== undefined && this.#random.next() < 0.6) return aimed;
    if (state === "failed" && this.#revives()) return oneOf(this.#random, REVIVING);
    const chance = isRare(place) || this.#hot.has(placeName(place)) ? RARE_SURPRISES : SURPRISES;
    if (this.#random.next() >= chance) return undefined;
    return oneOf(this.#random, state === "failed" ? ON_FAILURE : kindsOf.outside);
  }

  /** Whether people bring a failed run back here: in a seed about failed runs they mostly do. */
  #revives(): boolean {
    const isAbout = this.#aims.some(
      ({ aim }) => aim.state === "failed" && aim.site !== "call failure",
    );
    return isAbout && this.#random.next() < 0.8;
  }

  /** What the seed is about, of what people do from outside here. */
  #aimedAt(place: Place<"outside">): FaultKind<"outside"> | undefined {
    const wanted = new Set(
      this.#aims.map(({ aim }) => (isAt(aim, place) ? aim.kind : wantedFor(aim, place.state))),
    );
    return kindsOf.outside.find((kind) => wanted.has(kind));
  }

  /** What people do from outside while something takes longer than anybody waits: here the rare things happen, so it is seldom nothing. */
  surpriseMeanwhile(site: string): FaultKind<"outside"> | undefined {
    if (this.#calm || this.#random.next() < 0.3) return undefined;
    return oneOf(
      this.#random,
      MEANWHILE[site] ?? ["cancel", "cancel", "resume", "resume", "rerun", "message", "delete"],
    );
  }

  /** Whether the seed is about this place, in a state that a run comes to when it is cancelled just now. */
  tempts({ site, state, request = 0 }: Place): boolean {
    if (this.#calm || state !== "running") return false;
    if (this.strikes({ state, request })) return true;
    const isMeant = this.#aims.some(({ aim }) => aim.site === site && aim.state === "ended");
    return isMeant && this.#random.next() < 0.7;
  }

  /** Whether a run is cancelled just now, because the seed has that for its station. */
  strikes({ state, request }: Standing): boolean {
    return !this.#calm && state === "running" && request === this.#strikesAt;
  }

  /** Notes what was done from outside, or decided. */
  note<W extends "outside" | "people">(where: W, kind: FaultKind<W>, standing: Standing): void {
    const place = { where, site: where, ...standing };
    this.#offer(place);
    this.met.push({ ...place, kind });
  }

  /** Something goes wrong at a place that the seed has chosen, or that few come to; at each once. */
  #isHot(place: Place): boolean {
    const isRareOne = isRare(place);
    if (this.#hotLeft === 0 || !(isRareOne || this.#hot.has(placeName(place)))) return false;
    if (this.#random.next() >= (isRareOne ? RARE : HOT)) return false;
    this.#hot.delete(placeName(place));
    this.#hotLeft -= 1;
    return true;
  }

  /** As often as it takes for each kind to happen at each spot of a run, counted over many seeds. */
  #byCount<W extends Where>(place: Place<W>): FaultKind<W> | undefined {
    const spot = spotOf(place);
    if (this.#meetingIn !== undefined && place.state !== this.#meetingIn) return undefined;
    if (spot === undefined || this.#counting.next() >= chanceAt(spot)) return undefined;
    return oneOf<FaultKind<W>>(this.#counting, kindsOf[place.where]);
  }

  #offer(place: Place): void {
    const seen = placeName(place);
    this.offered.set(seen, (this.offered.get(seen) ?? 0) + 1);
  }

  #choose<W extends Where>(place: Place<W>): FaultKind<W> | undefined {
    const kinds: readonly FaultKind<W>[] = kindsOf[place.where];
    const here = this.#aims.find(({ aim, left }) => left > 0 && isAt(aim, place));
    const aimed = here && kinds.find((kind) => kind === here.aim.kind);
    if (here && aimed !== undefined && this.#random.next() < 0.8) {
      here.left -= 1;
      return aimed;
    }
    const any = kinds[this.#random.below(kinds.length)];
    if (this.#isHot(place)) return any;
    if (this.#left === 0 || this.#random.next() >= this.#rate) return undefined;
    this.#left -= 1;
    return any;
  }
}

function isAt(aim: Aim, { site, state }: Pick<Place, "site" | "state">): boolean {
  return aim.site === site && aim.state === state;
}

/** What people must do to a run in a state, so that it may come to the place that the seed is about. */
function wantedFor({ site, state: wanted }: Aim, state: string): string | undefined {
  if (wanted === state && IN_STATE[state]) return IN_STATE[state][site];
  if (site === "event run") return "message";
  if (state !== "running") return undefined;
  if (site === "call cancelled") return "cancel-execution";
  if (site === "call wait") return "resume";
  return wanted === "ended" && !isNatural(site) ? "cancel" : undefined;
}

/** What is met by a write that takes long, where it is another thing than usual: whoever joins the queue meets the ending ahead, who cancels an effect that begins, who opens a thread its leaving the list. */
const MEANWHILE: Readonly<
  Record<string, readonly [FaultKind<"outside">, ...FaultKind<"outside">[]]>
> = {
  "write settle": ["message", "message", "message", "cancel", "resume", "delete"],
  "write suspend": ["message", "message", "cancel", "resume", "delete"],
  "write handover": ["message", "message", "cancel", "resume", "delete"],
  "write effect": ["cancel", "cancel", "cancel", "resume", "message", "delete"],
  "write unlist": ["message"],
};

/** What brings a request or a write about a run that waits for people, or has failed. */
const IN_STATE: Readonly<Record<string, Readonly<Record<string, FaultKind<"outside">>>>> = {
  suspended: {
    "call begin": "rerun",
    "call claim": "resume",
    "call first": "resume",
    "write begin": "resume",
    "write thread": "delete",
  },
  failed: { "write run": "cancel" },
};

/** Runs come there in any state without anybody's doing. */
function isNatural(site: string): boolean {
  return ["call first", "call failure", "read", "write index"].includes(site);
}
