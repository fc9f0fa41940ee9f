/** Every choice of the server that real life leaves to chance comes from one of these. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** A ULID whose time part is `at`, in milliseconds. */
  ulid(at: number): string;
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The same seed gives the same numbers and, at the same times, the same ids (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
  function below(limit: number): number {
    return Math.floor(next() * limit);
  }
  function ulid(at: number): string {
    let time = "";
    for (let rest = Math.floor(at), left = 10; left > 0; left -= 1) {
      time = alphabet.charAt(rest % 32) + time;
      rest = Math.floor(rest / 32);
    }
    return time + Array.from({ length: 16 }, () => alphabet.charAt(below(32))).join("");
  }
  return { next, below, ulid };
}
