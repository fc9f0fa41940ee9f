import { expect, test } from "vitest";
import { defects } from "../drills/simulation/defects/all.ts";
import { hunt } from "../drills/simulation/hunt.ts";
import { foundBy } from "../drills/simulation/foundBy.ts";
import { simulate } from "../drills/simulation/simulate.ts";

// A seed takes 0.2 s on an idle core; machines that run all tests at once are slower.
const SLOW = 180_000;

/** Seeds in each test of many; `simulationSeeds.test.ts` has as many, and the drill runs 10,000. */
const SEEDS = 25;

test.each([0, 1, 2, 3])(
  "no invariant is broken, whatever a seed decides (part %i)",
  async (part) => {
    let all = 0;
    for (let seed = part * SEEDS; seed < (part + 1) * SEEDS; seed += 1) {
      const { problems, runs } = await simulate(seed);
      expect({ seed, problems }).toEqual({ seed, problems: [] });
      all += runs;
    }
    expect(all).toBeGreaterThan(SEEDS);
  },
  SLOW,
);

test(
  "a seed that is run again gives the same trace, and another one another",
  async () => {
    const traces = new Set<string>();
    for (const seed of [1, 7, 42]) {
      const [first, again] = [await simulate(seed), await simulate(seed)];
      expect(again.trace).toEqual(first.trace);
      traces.add(first.trace.join("\n"));
    }
    expect(traces.size).toBe(3);
  },
  SLOW,
);

test("each planted defect has a seed that has found it", () => {
  expect(defects.map(({ id }) => id).toSorted()).toEqual(Object.keys(foundBy).toSorted());
});

/** Defects that took more seeds than this to find are left to the drill. */
const SOON = 2;

test.each(defects.filter(({ id }) => (foundBy[id] ?? 0) <= SOON))(
  "finds the defect $id: $does",
  async (defect) => {
    const found = await hunt(defect, foundBy[defect.id]);
    expect(found?.problem).toEqual(expect.any(String));
  },
  SLOW,
);
