import type { CheckpointerSubject } from "../../../src/conformance/index.ts";
import { type CheckpointRules, looseCheckpointer, type Shelf } from "./looseCheckpointer.ts";
import type { Mutant } from "./mutant.ts";

/** The loose checkpointer with other rules; given as a function, they are made anew for each process. */
export function broken(
  id: string,
  does: string,
  killedBy: string,
  rules: Partial<CheckpointRules> | (() => Partial<CheckpointRules>),
): Mutant<CheckpointerSubject> {
  return {
    id,
    does,
    killedBy: `checkpointer.${killedBy}`,
    create() {
      const shelf: Shelf = { rows: [], operations: new Map() };
      const open = (): ReturnType<typeof looseCheckpointer> =>
        looseCheckpointer(typeof rules === "function" ? rules() : rules, shelf);
      return Promise.resolve({ checkpointer: open(), another: () => Promise.resolve(open()) });
    },
  };
}
