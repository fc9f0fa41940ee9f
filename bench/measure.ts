/** One way to do a piece of work: called with the number of the repetition. */
export type Alternative = (repetition: number) => unknown;

/** The median time of each alternative in microseconds. */
export type Medians<K extends string> = Readonly<Record<K, number>>;

/**
 * Measures alternatives side by side: each repetition does every one of them once, in a random order, so that what the machine does meanwhile, and what the one
 * before has left behind, hits all alike. The first repetitions warm up and are not counted.
 */
export async function interleaved<K extends string>(
  alternatives: Readonly<Record<K, Alternative>>,
  { warmUp, repetitions }: { readonly warmUp: number; readonly repetitions: number },
): Promise<Medians<K>> {
  const entries = Object.entries<Alternative>(alternatives) as [K, Alternative][];
  const times = new Map<K, number[]>(entries.map(([name]) => [name, []]));
  for (let repetition = 0; repetition < warmUp + repetitions; repetition += 1)
    for (const [name, work] of shuffled(entries)) {
      const before = performance.now();
      await work(repetition);
      const microseconds = (performance.now() - before) * 1000;
      if (repetition >= warmUp) times.get(name)?.push(microseconds);
    }
  return Object.fromEntries([...times].map(([name, all]) => [name, median(all)])) as Medians<K>;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The same values in an order drawn by chance. */
export function shuffled<T>(values: readonly T[]): T[] {
  const keyed = values.map((value) => ({ value, key: Math.random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ value }) => value);
}
