import type { Defect } from "./defect.ts";
import { simulate } from "./simulate.ts";

/** Seeds within which each planted defect is to be found. */
export const MOST_SEEDS = 2000;

/**
 * A seed in which a defect breaks an invariant, and the first that it breaks; none where it is not found. Without the defect the same seed breaks none. `first` is tried ahead of the others: a
 * seed that has found it before, which a change of the code may have given another world.
 */
export async function hunt(
  defect: Defect,
  first = 0,
): Promise<{ readonly seed: number; readonly problem: string } | undefined> {
  const others = Array.from({ length: MOST_SEEDS }, (_, seed) => seed);
  for (const seed of [first, ...others]) {
    const [problem] = (await simulate(seed, defect)).problems;
    if (problem !== undefined && (await simulate(seed)).problems.length === 0)
      return { seed, problem };
  }
  return undefined;
}
