import { startCrew } from "./crew.ts";
import type { DrillResult } from "./result.ts";
import type { Place } from "./module.ts";
import type { Latest } from "./worker.ts";

/** Threads that are written and read at the same time. */
const LANES = 4;

/** One process commits a state and an entry, and as soon as it was told so another one reads: it sees that state and that entry, whatever it remembers, every time. */
export async function latest({ module, given }: Place, reads: number): Promise<DrillResult> {
  await using crew = startCrew(module, 2);
  await crew.all(() => ({ do: "open", given, stores: 1 }));
  const [writer, reader] = crew.workers;
  let stale = 0;
  const lane = async (thread: string): Promise<void> => {
    for (let n = 1; n <= reads / LANES; n += 1) {
      await writer?.ask({ do: "save", thread, n });
      const seen = await reader?.ask<Latest>({ do: "latest", thread });
      if (seen?.n !== n || seen.entries !== n) stale += 1;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, at) => lane(`lane-${at}`)));
  return {
    name: "latest",
    passed: stale === 0,
    line: `${reads} reads by another process right after the acknowledgement: ${stale} stale`,
  };
}
