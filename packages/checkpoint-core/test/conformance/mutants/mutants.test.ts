import { expect, it } from "vitest";
import { backendCases, runCase } from "../../../src/conformance/index.ts";
import { backendSuite } from "../../../src/conformance/vitest.ts";
import { pliable, type State } from "./pliable.ts";
import { backendMutants } from "./all.ts";

backendSuite("the pliable backend, unbroken", {
  create() {
    const states = new Map<string, State>();
    return Promise.resolve({
      backend: pliable({}, states),
      another: () => Promise.resolve(pliable({}, states)),
    });
  },
});

const cases = new Map(
  backendCases({ raceRounds: 5, model: { runs: 300, seed: 1 } }).map((one) => [one.id, one]),
);

it.each(backendMutants)("$killedBy kills the backend $id, which $does", async (mutant) => {
  const one = cases.get(mutant.killedBy);
  const failure = one && (await runCase(one, () => mutant.create()));
  expect(failure?.caseId).toBe(mutant.killedBy);
});
