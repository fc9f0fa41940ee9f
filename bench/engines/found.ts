import { engine as engineAt, leftOut, ownServer } from "@perdure/engines";
import type { Engine } from "./engine.ts";
import { postgresEngine } from "./postgres.ts";
import { redisEngine, SETTINGS } from "./redis.ts";
import { sqliteEngine } from "./sqlite.ts";

/** The engines of a run, and a sentence for each that `PERDURE_WITHOUT` leaves out. */
export interface Found extends AsyncDisposable {
  readonly engines: readonly Engine[];
  readonly without: readonly string[];
}

const servers = {
  postgres: { label: "Postgres", settings: {}, open: postgresEngine },
  redis: { label: "Redis", settings: SETTINGS, open: redisEngine },
} as const;

/** SQLite in the folder, and every server that the environment names or that can be started here. Throws one sentence when one can't be had and is not left out. */
export async function findEngines(folder: string): Promise<Found> {
  await using started = new AsyncDisposableStack();
  const engines: Engine[] = [started.use(sqliteEngine(folder))];
  const without: string[] = [];
  for (const name of ["postgres", "redis"] as const) {
    const reason = leftOut(name);
    if (reason === undefined) engines.push(started.use(await openServer(name, started)));
    else without.push(`${servers[name].label} is left out: ${reason}.`);
  }
  const owned = started.move();
  return { engines, without, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The one that the environment names; else one of our own, since the one that tests get forgets what it acknowledged when the machine dies. */
async function openServer(
  name: keyof typeof servers,
  started: AsyncDisposableStack,
): Promise<Engine> {
  const { open, settings } = servers[name];
  const named = process.env[`PERDURE_${name.toUpperCase()}_URL`];
  const server =
    named === undefined || named === "" ? ownServer(name, { settings }) : engineAt(name);
  return open(started.use(await server).url);
}
