import { expect, test } from "vitest";
import { kept } from "../drills/simulation/kept.ts";
import { simulate } from "../drills/simulation/simulate.ts";

// Beside `simulation.test.ts`, so that two cores share the seeds.
const SLOW = 180_000;
const FIRST = 100;
const SEEDS = 25;

test.each([0, 1, 2, 3])(
  "no invariant is broken, whatever a seed decides (part %i of the later ones)",
  async (part) => {
    const from = FIRST + part * SEEDS;
    for (let seed = from; seed < from + SEEDS; seed += 1)
      expect({ seed, problems: (await simulate(seed)).problems }).toEqual({ seed, problems: [] });
  },
  SLOW,
);

test.each(kept)(
  "seed $seed, which found that $found, breaks nothing any more",
  async ({ seed }) => {
    expect((await simulate(seed)).problems).toEqual([]);
  },
  SLOW,
);
