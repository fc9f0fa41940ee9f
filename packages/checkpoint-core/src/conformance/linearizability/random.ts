/** Numbers in [0, 1) from a seed: the same list for the same seed, everywhere. */
export type Random = () => number;

/** The list of a seed (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A seed for a part of what has a seed, so that its list does not depend on what the other parts draw. */
export function seedOf(seed: number, ...parts: readonly number[]): number {
  return parts.reduce(
    (mixed, part) => Math.imul(mixed ^ (part + 0x9e3779b9), 0x85ebca6b) >>> 0,
    seed,
  );
}

/** A whole number below a bound. */
export function below(random: Random, bound: number): number {
  return Math.floor(random() * bound);
}

/** One of a list that is not empty. */
export function oneOf<T>(random: Random, list: readonly [T, ...T[]] | readonly T[]): T {
  return list[below(random, list.length)] as T;
}
