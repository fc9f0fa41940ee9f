import type { Defect } from "./defect.ts";
import { simulate } from "./simulate.ts";

/** Seeds within which each planted defect is to be found. */
export const MOST_SEEDS = 2000;

/** The first seed in which a defect breaks an invariant, and the first that it breaks; none where it is not found. Without the defect the same seed must break none. */
export async function hunt(
  defect: Defect,
): Promise<{ readonly seed: number; readonly problem: string } | undefined> {
  for (let seed = 0; seed < MOST_SEEDS; seed += 1) {
    const [problem] = (await simulate(seed, defect)).problems;
    if (problem !== undefined && (await simulate(seed)).problems.length === 0)
      return { seed, problem };
  }
  return undefined;
}
