import { startCrew } from "./crew.ts";
import type { DrillResult } from "./result.ts";
import type { Place } from "./module.ts";
import type { Raced } from "./worker.ts";

const WRITERS = 64;

/**
 * 64 writers in a few processes that all expect the same head, round after round. `put`: stores that put a checkpoint under an operation id. `write`: writes of the backend itself, each of a record
 * that must be absent and of one that must have the revision seen. One wins each round, the others get a `ConflictError`; the next round expects what the winner was told.
 */
export async function race(
  what: "put" | "write",
  { module, given }: Place,
  rounds: number,
  processes = 4,
): Promise<DrillResult> {
  await using crew = startCrew(module, processes);
  await crew.all(() => ({ do: "open", given, stores: WRITERS / processes }));
  const wrong = new Set<string>();
  let right = 0;
  let head = "";
  for (let round = 0; round < rounds; round += 1) {
    const ask = { do: what, round, head } as const;
    const raced = await crew.all<Raced>(() => ask);
    for (const each of raced) for (const text of each.wrong) wrong.add(text);
    const won = raced.flatMap((each) => each.won);
    const conflicts = raced.reduce((sum, each) => sum + each.conflicts, 0);
    if (won.length === 1 && conflicts === WRITERS - 1) right += 1;
    head = won[0] ?? head;
  }
  return {
    name: `race ${what}`,
    passed: right === rounds,
    line:
      `${WRITERS} writers in ${processes === 1 ? "one process" : `${processes} processes`} on one head, two expectations each: in ${right} of ${rounds} rounds 1 winner and ${WRITERS - 1} ConflictErrors` +
      [...wrong]
        .slice(0, 3)
        .map((text) => `; ${text}`)
        .join(""),
  };
}
