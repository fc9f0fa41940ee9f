import type { Scored } from "./bm25.ts";

/** The cosine of the angle between two vectors of one length; 0 where one of them is all zeros. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let dot = 0;
  let left = 0;
  let right = 0;
  for (let index = 0; index < one.length; index += 1) {
    const a = one[index] ?? 0;
    const b = other[index] ?? 0;
    dot += a * b;
    left += a * a;
    right += b * b;
  }
  return left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right);
}

/** What keeps the first places from counting for too much: the constant of Cormack, Clarke and Büttcher. */
const RRF_K = 60;

/** Reciprocal rank fusion: each ranking gives 1 / (60 + place), from 1; what stands in several gets the sum. In the order in which they were first met. */
export function fuse<T>(rankings: readonly (readonly Scored<T>[])[]): Scored<T>[] {
  const scores = new Map<T, number>();
  for (const ranking of rankings)
    for (const [index, { of }] of ranking.entries())
      scores.set(of, (scores.get(of) ?? 0) + 1 / (RRF_K + index + 1));
  return [...scores].map(([of, score]) => ({ of, score }));
}
