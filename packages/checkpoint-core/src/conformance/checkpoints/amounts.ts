import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { checkpointerCase, type CheckpointerSubject, stateOf } from "./plain.ts";

/** Puts to one thread: more than peers keep without saying so. */
const PUTS = 120;
/** Characters of a large state: over what one row or item of many engines holds. */
const LARGE = 3_000_000;

/** What is kept is kept whole, however much it is. */
export const amounts: readonly Case<CheckpointerSubject>[] = [
  checkpointerCase(
    "oldest-stays",
    `after ${PUTS} puts the first one is there, and the list holds all`,
    async (one, other) => {
      const ids: string[] = [];
      for (let index = 0; index < PUTS; index += 1) ids.unshift(await one.put("t", stateOf(index)));
      assert.deepEqual(await other.get("t", ids.at(-1)), stateOf(0));
      const listed = await other.list("t", { limit: 1000 });
      assert.deepEqual(
        listed.map(({ id }) => id),
        ids,
      );
    },
  ),
  checkpointerCase(
    "large-state",
    "a state of 3 MB, that no compression makes short, comes back as it was",
    async (one, other) => {
      const units = Array.from({ length: LARGE / 8 }, (_, index) =>
        Math.imul(index + 1, 2_654_435_761)
          .toString(16)
          .padStart(8, "0")
          .slice(-8),
      );
      const state = stateOf(units.join(""));
      await one.put("t", stateOf("small"));
      const id = await one.put("t", state);
      assert.deepEqual([await other.get("t"), await other.get("t", id)], [state, state]);
    },
  ),
];
