import { type Drill, racesOn, type RaceTimes } from "@perdure/drills";
import { moduleUrl, placeOf, removeTable, tableOf } from "./places.ts";

/** The races of all engines, on a server. */
export function races(url: string, times: RaceTimes): readonly Drill[] {
  const place = () => placeOf(url);
  return racesOn({ module: moduleUrl, place, fresh: async () => freshTable(url) }, times);
}

/** A table that is not there yet. */
function freshTable(url: string) {
  const table = tableOf(url);
  return { given: JSON.stringify(table), remove: () => removeTable(table) };
}
