import { ConflictError, type Store } from "@perdure/checkpoint-core";
import type { DrillResult } from "./drill.ts";

const WRITERS = 64;

/** Writers that all expect the same head, round after round, each a store of its own: one wins each round, the others get a `ConflictError`. */
export async function race(
  name: string,
  stores: (count: number) => readonly Store[],
  rounds: number,
): Promise<DrillResult> {
  const writers = stores(WRITERS);
  let head: string | null = null;
  let right = 0;
  for (let round = 0; round < rounds; round += 1) {
    const { won, lost } = await raceOnce(writers, round, head);
    const [reader] = writers;
    const stored = await reader?.checkpoints.record("raced");
    if (won.length === 1 && lost === WRITERS - 1 && stored?.id === won[0]) right += 1;
    head = stored?.id ?? null;
  }
  return {
    name: `race ${name}`,
    passed: right === rounds,
    line: `${WRITERS} writers on one head: in ${right} of ${rounds} rounds 1 winner, whose checkpoint is the head, and ${WRITERS - 1} ConflictErrors`,
  };
}

async function raceOnce(
  writers: readonly Store[],
  round: number,
  expectedHead: string | null,
): Promise<{ readonly won: readonly string[]; readonly lost: number }> {
  const results = await Promise.allSettled(
    writers.map(({ checkpoints }, writer) =>
      checkpoints.put("raced", { round, writer }, { expectedHead }),
    ),
  );
  const won = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const lost = results.filter(
    (result) => result.status === "rejected" && result.reason instanceof ConflictError,
  );
  return { won, lost: lost.length };
}
