import type { RunScript, Script } from "./script.ts";

/** The first of the script's runs, changed as is wanted, and no others: all on one thread, asked for at once, where nothing else is said. */
export function runsOf(
  { runs }: Script,
  wanted: readonly Partial<RunScript>[],
): readonly RunScript[] {
  return wanted.map((run, place) => ({
    by: "start",
    at: 0,
    turns: runs[place]?.turns ?? [],
    runId: `r${place + 1}`,
    threadId: "t1",
    ...run,
  }));
}
