import { type Drill, racesOn, type RaceTimes } from "@perdure/drills";
import { freshName } from "@perdure/engines";
import { asOwner, freshSchema, moduleUrl, onDatabase, placeOf } from "./places.ts";

/** The races of all engines, on a server. */
export function races(url: string, times: RaceTimes): readonly Drill[] {
  const place = async () => placeOf({ url, schema: await freshSchema(url) });
  return racesOn({ module: moduleUrl, place, fresh: () => freshDatabase(url) }, times);
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
