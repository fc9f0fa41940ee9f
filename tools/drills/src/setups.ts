import { startCrew } from "./crew.ts";
import type { DrillResult } from "./result.ts";

const PROCESSES = 8;
const HANDLES = 8;

/** Storage where nothing was ever set up. */
export interface FreshPlace {
  readonly given: string;
  readonly remove: () => Promise<void>;
}

/** 64 setups of fresh storage at once, by eight processes, each on connections of its own, again and again: none is rejected. */
export async function setups(
  module: URL,
  fresh: () => Promise<FreshPlace>,
  rounds: number,
): Promise<DrillResult> {
  await using crew = startCrew(module, PROCESSES);
  const rejected: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { given, remove } = await fresh();
    const all = await crew.all<string[]>(() => ({ do: "setup", given, handles: HANDLES }));
    rejected.push(...all.flat());
    await remove();
  }
  return {
    name: "setups",
    passed: rejected.length === 0,
    line:
      `${PROCESSES * HANDLES} setups at once by ${PROCESSES} processes on fresh storage, ${rounds} times: ${rejected.length} rejected` +
      [...new Set(rejected)]
        .slice(0, 3)
        .map((text) => `; ${text}`)
        .join(""),
  };
}
