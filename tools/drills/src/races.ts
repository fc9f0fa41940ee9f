import type { Drill } from "./drill.ts";
import { latest } from "./latest.ts";
import type { Place } from "./module.ts";
import { race } from "./race.ts";
import { type FreshPlace, setups } from "./setups.ts";

/** How often each race is run. */
export interface RaceTimes {
  readonly races: number;
  readonly setups: number;
  readonly reads: number;
}

/** Where the races of an engine are run. */
export interface RaceGround {
  /** What each process opens its backend with. */
  readonly module: URL;
  /** A place that is set up, and empty. */
  readonly place: () => Promise<Place>;
  /** One where nothing was ever set up. */
  readonly fresh: () => Promise<FreshPlace>;
}

/** Many processes at once with nothing broken, on a server: writers on one head, cold starts, reads right after writes. */
export function racesOn({ module, place, fresh }: RaceGround, times: RaceTimes): readonly Drill[] {
  return [
    ["race put", async () => race("put", await place(), times.races)],
    ["race write", async () => race("write", await place(), times.races)],
    ["setups", () => setups(module, fresh, times.setups)],
    ["latest", async () => latest(await place(), times.reads)],
  ];
}
