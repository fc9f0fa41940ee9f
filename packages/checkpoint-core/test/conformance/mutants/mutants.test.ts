import { expect, it } from "vitest";
import { backendSuite, checkpointerSuite } from "../../../src/conformance/vitest.ts";
import { trials } from "./all.ts";
import { looseCheckpointer, type Shelf } from "./looseCheckpointer.ts";
import { pliable, type State } from "./pliable.ts";

backendSuite("the pliable backend, unbroken", {
  create() {
    const states = new Map<string, State>();
    return Promise.resolve({
      backend: pliable({}, states),
      another: () => Promise.resolve(pliable({}, states)),
    });
  },
});

checkpointerSuite("the loose checkpointer, unbroken", {
  create() {
    const shelf: Shelf = { rows: [], operations: new Map() };
    return Promise.resolve({
      checkpointer: looseCheckpointer({}, shelf),
      another: () => Promise.resolve(looseCheckpointer({}, shelf)),
    });
  },
});

it.each(trials)("$killedBy kills the $of $id, which $does", async ({ killedBy, run }) => {
  const failure = await run();
  expect(failure?.caseId).toBe(killedBy);
});
