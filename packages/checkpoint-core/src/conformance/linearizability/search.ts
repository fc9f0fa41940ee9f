import type { Model, Timed } from "./model.ts";
import { Order, type Step } from "./order.ts";

/** How much a search may cost. */
export interface Bounds {
  /** Configurations (what has happened, and the state after it) that are looked at. */
  readonly configurations: number;
  /** Characters of the configurations that are remembered, so that none is looked at twice. */
  readonly remembered: number;
}

const defaultBounds: Bounds = { configurations: 300_000, remembered: 100_000_000 };

/** What a search found. A search that has used up its bounds has found nothing, and says so. */
export type Found<O, S> =
  | { readonly verdict: "ok"; readonly order: readonly O[] }
  /** The state after the longest order that was found, and the operation that ended first of those that had no place behind it. */
  | { readonly verdict: "bad"; readonly state: S; readonly stuck: O }
  | { readonly verdict: "undecided" };

/**
 * Whether there is one order of the operations that gives each its answer, with none before one that had ended when it started: the search of Wing and Gong with Lowe's memory of
 * configurations (as in Porcupine and Knossos). What it leaves out loses no order:
 *
 * - A quiet operation that has its answer here is placed here: from any later place it could be moved to this one.
 * - Operations of unknown outcome are tried last, and only where they change something; nothing requires them.
 * - Of those that are alike the one that started first is tried alone: whatever another could do, it could.
 *
 * With operations of unknown outcome it searches twice. First as if each could happen any number of times, so that configurations differ by their state alone: where even that finds nothing
 * there is nothing, and an order that uses none too often is an order. Only where it finds no more than one that does, it searches again and counts.
 */
export function search<O extends Timed, S>(
  operations: readonly O[],
  model: Model<O, S>,
  bounds: Bounds = defaultBounds,
): Found<O, S> {
  return new Search(operations, model, bounds).run();
}

/** The one state that every order of the operations ends in; `undefined` where there are several, or none, or the bounds are used up. All operations have answers. */
export function onlyEnd<O extends Timed, S>(
  operations: readonly O[],
  model: Model<O, S>,
  bounds: Bounds = defaultBounds,
): S | undefined {
  return new Search(operations, model, bounds).onlyEnd();
}

/** A configuration with the choices that are left there. */
interface Frame<S> {
  readonly state: S;
  /** Steps of the order that leads here. */
  readonly length: number;
  readonly key: string;
  readonly choices: Choice<S>[];
  /** Whether the operations of unknown outcome are among the choices already. */
  widened: boolean;
}

/** An operation that can come next, and the state after it. */
interface Choice<S> extends Step {
  readonly state: S;
}

class Search<O extends Timed, S> {
  readonly #model: Model<O, S>;
  readonly #bounds: Bounds;
  readonly #order: Order<O>;
  /** Whether each of those with an answer is quiet. */
  readonly #quiet: readonly boolean[];
  readonly #frames: Frame<S>[] = [];
  /** The configurations that were looked at, with what had happened of each class where it counts; and those that led nowhere although nothing was counted. */
  #seen = new Map<string, readonly Uint16Array[]>();
  #hopeless: ReadonlySet<string> = new Set();
  #counts = false;
  #state: S;
  #looked = 0;
  #remembered = 0;
  #deepest: { readonly state: S; readonly stuck: O } | undefined;
  #deepestCount = -1;

  constructor(operations: readonly O[], model: Model<O, S>, bounds: Bounds) {
    this.#model = model;
    this.#bounds = bounds;
    this.#state = model.initial;
    this.#order = new Order(operations, model);
    this.#quiet = this.#order.known.map((one) => model.quiet(one));
  }

  run(): Found<O, S> {
    let walked = this.#walk(() => true);
    if (walked === "stopped" && this.#order.again > 0) {
      this.#startCounting();
      walked = this.#walk(() => true);
    }
    if (walked === "undecided") return { verdict: "undecided" };
    if (walked === "stopped") return { verdict: "ok", order: this.#order.operations() };
    if (!this.#deepest) throw new Error("A search that found nothing had looked at nothing.");
    return { verdict: "bad", ...this.#deepest };
  }

  onlyEnd(): S | undefined {
    const ends = new Map<string, S>();
    const walked = this.#walk(() => {
      ends.set(this.#model.keyOf(this.#state), this.#state);
      return ends.size > 1;
    });
    return walked === "exhausted" ? [...ends.values()][0] : undefined;
  }

  /** Begins anew; what led nowhere without counting leads nowhere with it. */
  #startCounting(): void {
    for (const { key } of this.#frames) this.#seen.delete(key);
    this.#hopeless = new Set(this.#seen.keys());
    this.#seen = new Map();
    this.#counts = true;
    const first = this.#frames[0];
    if (first) this.#backTo({ length: 0, state: this.#model.initial });
    this.#frames.length = 0;
  }

  /** Goes through the configurations; where all that is known is placed, `end` says whether to stop. */
  #walk(end: () => boolean): "stopped" | "exhausted" | "undecided" {
    for (;;) {
      this.#settle();
      if (this.#order.answers < this.#order.known.length) this.#enter();
      else if (end()) return "stopped";
      this.#looked += 1;
      const { configurations, remembered } = this.#bounds;
      if (this.#looked > configurations || this.#remembered > remembered) return "undecided";
      if (!this.#choose()) return "exhausted";
    }
  }

  #enter(): void {
    this.#noteDepth();
    const key = `${this.#order.open().join(",")};${this.#model.keyOf(this.#state)}`;
    if (this.#hopeless.has(key) || this.#isKnown(key)) return;
    this.#frames.push({
      state: this.#state,
      length: this.#order.length,
      key,
      choices: this.#knownChoices(),
      widened: this.#order.classes.length === 0,
    });
  }

  /** Whether this configuration was looked at already, or one that had all this one has and more operations left; remembers it otherwise. */
  #isKnown(key: string): boolean {
    const before = this.#seen.get(key);
    if (before && (!this.#counts || before.some((used) => isWithin(used, this.#order.used))))
      return true;
    this.#remembered += key.length;
    if (!this.#counts) {
      this.#seen.set(key, []);
      return false;
    }
    this.#remembered += this.#order.used.length;
    this.#seen.set(key, [...(before ?? []), Uint16Array.from(this.#order.used)]);
    return false;
  }

  /** Takes the next choice there is, going back as far as it must; false when none is left anywhere. */
  #choose(): boolean {
    for (let frame = this.#frames.at(-1); frame; frame = this.#frames.at(-1)) {
      this.#backTo(frame);
      if (frame.choices.length === 0 && !frame.widened) {
        frame.widened = true;
        frame.choices.push(...this.#unknownChoices());
      }
      const choice = frame.choices.shift();
      if (choice) {
        this.#order.place(choice);
        this.#state = choice.state;
        return true;
      }
      this.#frames.pop();
    }
    return false;
  }

  /** Places all quiet operations that have their answer here. */
  #settle(): void {
    for (let more = true; more; ) {
      more = false;
      for (const index of this.#order.open()) {
        const operation = this.#order.known[index];
        if (!operation || !this.#quiet[index]) continue;
        if (this.#model.next(this.#state, operation) === undefined) continue;
        this.#order.place({ which: index, again: false });
        more = true;
      }
    }
  }

  #knownChoices(): Choice<S>[] {
    const choices: Choice<S>[] = [];
    for (const index of this.#order.open()) {
      const operation = this.#quiet[index] ? undefined : this.#order.known[index];
      const state = operation && this.#model.next(this.#state, operation);
      if (state !== undefined) choices.push({ which: index, state, again: false });
    }
    return choices;
  }

  /** Those that have not happened yet first. */
  #unknownChoices(): Choice<S>[] {
    const ends = this.#order
      .open()
      .map((index) => this.#order.known[index]?.end ?? Number.POSITIVE_INFINITY);
    const until = Math.min(...ends);
    const choices: Choice<S>[] = [];
    for (const [index, alike] of this.#order.classes.entries()) {
      const own = alike[this.#order.used[index] ?? 0];
      const again = !own || own.start > until;
      const operation = again ? this.#oneAgain(alike, until) : own;
      const state = operation && this.#model.next(this.#state, operation);
      if (state !== undefined && state !== this.#state)
        choices.push({ which: ~index, state, again });
    }
    return choices.toSorted((one, other) => Number(one.again) - Number(other.again));
  }

  #oneAgain([first]: readonly O[], until: number): O | undefined {
    return first && first.start <= until && !this.#counts ? first : undefined;
  }

  #backTo({ state, length }: Pick<Frame<S>, "state" | "length">): void {
    this.#order.backTo(length);
    this.#state = state;
  }

  #noteDepth(): void {
    if (this.#order.answers <= this.#deepestCount) return;
    this.#deepestCount = this.#order.answers;
    const open = this.#order.open().flatMap((index) => this.#order.known[index] ?? []);
    const stuck = open.toSorted((one, other) => (one.end ?? 0) - (other.end ?? 0))[0];
    if (stuck) this.#deepest = { state: this.#state, stuck };
  }
}

/** Whether no number is larger than the other list's at its place. */
function isWithin(some: Uint16Array, others: Uint32Array): boolean {
  return some.every((count, index) => count <= (others[index] ?? 0));
}
