import { type Drill, latest, race, setups } from "@perdure/drills";
import { freshName } from "@perdure/engines";
import { asOwner, freshSchema, moduleUrl, onDatabase, placeOf } from "./places.ts";

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
  const place = async () => placeOf({ url, schema: await freshSchema(url) });
  return [
    ["race put", async () => race("put", await place(), rounds)],
    ["race write", async () => race("write", await place(), rounds)],
    ["setups", () => setups(moduleUrl, () => freshDatabase(url), starts)],
    ["latest", async () => latest(await place(), reads)],
  ];
}

/** A database in which there is nothing. Each handle has one connection. */
async function freshDatabase(url: string) {
  const name = freshName();
  await asOwner(url, `create database ${name}`);
  return {
    given: JSON.stringify({ url: onDatabase(url, name), max: 1 }),
    remove: async () => void (await asOwner(url, `drop database ${name} with (force)`)),
  };
}
