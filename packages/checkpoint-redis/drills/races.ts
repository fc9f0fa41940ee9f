import { type Drill, racesOn, type RaceTimes } from "@perdure/drills";
import { freshPlace } from "@perdure/engines";
import { moduleUrl, placeOf } from "./places.ts";

/** The races of all engines, on a server. */
export function races(url: string, times: RaceTimes): readonly Drill[] {
  const place = () => placeOf({ url });
  return racesOn({ module: moduleUrl, place, fresh: async () => freshPrefix(url) }, times);
}

/** A key prefix under which there is nothing. */
function freshPrefix(url: string) {
  const { url: own, remove } = freshPlace("redis", url);
  return { given: JSON.stringify({ url: own }), remove };
}
