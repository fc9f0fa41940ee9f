import type { Model, Timed } from "./model.ts";

/** An operation at its place: an index of `known`, or `~index` of `classes`. */
export interface Step {
  readonly which: number;
  /** Whether it stands further ahead already, in a search that does not count. */
  readonly again: boolean;
}

/** The beginning of an order of operations, as far as a search has come: what stands in it, and what may come next. */
export class Order<O extends Timed> {
  /** Those with an answer, by their start. */
  readonly known: readonly O[];
  /** Those without one, alike ones together, by their start. */
  readonly classes: readonly (readonly O[])[];
  readonly #placed: Uint8Array;
  readonly #used: Uint32Array;
  readonly #steps: Step[] = [];
  /** All of `known` before this one are placed. */
  #low = 0;
  #answers = 0;
  #again = 0;

  constructor(operations: readonly O[], model: Pick<Model<O, unknown>, "alike" | "pickiness">) {
    const byStart = operations.toSorted((one, other) => one.start - other.start);
    this.known = byStart.filter(({ end }) => end !== undefined);
    this.#placed = new Uint8Array(this.known.length);
    const unknown = byStart.filter(({ end }) => end === undefined);
    const picky = unknown
      .map((one) => ({ one, pickiness: model.pickiness(one) }))
      .toSorted((one, other) => other.pickiness - one.pickiness);
    const classes = Map.groupBy(
      picky.map(({ one }) => one),
      (one) => model.alike(one),
    );
    this.classes = [...classes.values()];
    this.#used = new Uint32Array(this.classes.length);
  }

  /** How many steps it has. */
  get length(): number {
    return this.#steps.length;
  }

  /** How many of `known` are placed. */
  get answers(): number {
    return this.#answers;
  }

  /** How many steps are an operation's second or later one. */
  get again(): number {
    return this.#again;
  }

  /** How many of each class are placed. The list changes with the order. */
  get used(): Uint32Array {
    return this.#used;
  }

  /**
   * Those of `known` that may come next: not placed, and none of the others had ended when they started. Together they say which are placed: all others that started before the first of
   * them ends, and none that started later.
   */
  open(): readonly number[] {
    const open: number[] = [];
    let until = Number.POSITIVE_INFINITY;
    for (let index = this.#low; index < this.known.length; index += 1) {
      const operation = this.known[index];
      if (!operation || operation.start > until) break;
      if (this.#placed[index] === 1) continue;
      open.push(index);
      until = Math.min(until, operation.end ?? until);
    }
    return open;
  }

  place(step: Step): void {
    const { which } = step;
    this.#steps.push(step);
    if (which < 0) {
      this.#used[~which] = (this.#used[~which] ?? 0) + 1;
      this.#again += Number(step.again);
      return;
    }
    this.#placed[which] = 1;
    this.#answers += 1;
    while (this.#placed[this.#low] === 1) this.#low += 1;
  }

  /** Takes back all steps behind the first `length`. */
  backTo(length: number): void {
    while (this.#steps.length > length) {
      const { which = 0, again = false } = this.#steps.pop() ?? {};
      if (which < 0) {
        this.#used[~which] = (this.#used[~which] ?? 0) - 1;
        this.#again -= Number(again);
        continue;
      }
      this.#placed[which] = 0;
      this.#answers -= 1;
      this.#low = Math.min(this.#low, which);
    }
  }

  /** The operations in their places. */
  operations(): readonly O[] {
    const taken = new Uint32Array(this.classes.length);
    return this.#steps.flatMap(({ which }) => {
      if (which >= 0) return this.known[which] ?? [];
      const at = taken[~which] ?? 0;
      taken[~which] = at + 1;
      return this.classes[~which]?.[at] ?? [];
    });
  }
}
