import { type Drill, latest, race, setups } from "@perdure/drills";
import { moduleUrl, placeOf, removeTable, tableOf } from "./places.ts";

/** How often each is done. */
export interface Times {
  readonly races: number;
  readonly setups: number;
  readonly reads: number;
}

/** Many processes at once with nothing broken, on a server: writers on one head, cold starts, reads right after writes. */
export function races(
  url: string,
  { races: rounds, setups: starts, reads }: Times,
): readonly Drill[] {
  return [
    ["race put", async () => race("put", await placeOf(url), rounds)],
    ["race write", async () => race("write", await placeOf(url), rounds)],
    ["setups", () => setups(moduleUrl, async () => freshTable(url), starts)],
    ["latest", async () => latest(await placeOf(url), reads)],
  ];
}

/** A table that is not there yet. */
function freshTable(url: string) {
  const options = tableOf(url);
  return {
    given: JSON.stringify(options),
    remove: () => removeTable(options),
  };
}
