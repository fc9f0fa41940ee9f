import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { portrait, type ValueKind, valueKinds } from "../values.ts";
import { amounts } from "./amounts.ts";
import { apart } from "./apart.ts";
import { latest } from "./latest.ts";
import { type CheckpointerSubject, checkpointerCase, stateOf, valueIn } from "./plain.ts";
import { replays } from "./replays.ts";

/** Cases for anything that has the four methods of a checkpointer, whatever it is made of. */
export function checkpointerCases(): readonly Case<CheckpointerSubject>[] {
  return [...latest, ...apart, ...amounts, ...replays, ...valueKinds.map(fidelity)];
}

function fidelity({ name, make }: ValueKind): Case<CheckpointerSubject> {
  const title = "comes back as it was, or is refused before anything is written";
  return checkpointerCase(
    `value-${name}`,
    `a value of the kind ${name} ${title}`,
    async (one, other) => {
      await one.put("t", stateOf("before"));
      const written = await one.put("t", stateOf(make())).then(
        () => true,
        () => false,
      );
      for (const reader of [one, other]) {
        const expected = written ? make() : "before";
        assert.deepEqual(portrait(valueIn(await reader.get("t"))), portrait(expected));
        assert.equal((await reader.list("t")).length, written ? 2 : 1);
      }
      await one.put("t", stateOf("after"));
      assert.deepEqual(await other.get("t"), stateOf("after"), "what is put after it");
    },
  );
}
