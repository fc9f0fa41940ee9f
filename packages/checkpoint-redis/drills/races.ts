import { type Drill, latest, race, setups } from "@perdure/drills";
import { freshPlace } from "@perdure/engines";
import { moduleUrl, placeOf } from "./places.ts";

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
  const place = () => placeOf({ url });
  return [
    ["race put", async () => race("put", await place(), rounds)],
    ["race write", async () => race("write", await place(), rounds)],
    ["setups", () => setups(moduleUrl, async () => freshPrefix(url), starts)],
    ["latest", async () => latest(await place(), reads)],
  ];
}

/** A key prefix under which there is nothing. */
function freshPrefix(url: string) {
  const { url: own, remove } = freshPlace("redis", url);
  return { given: JSON.stringify({ url: own }), remove };
}
