import { engine as engineAt, leftOut, ownServer } from "@perdure/engines";
import { dynamodbEngine } from "./dynamodb.ts";
import type { Engine } from "./engine.ts";
import { memoryEngine } from "./memory.ts";
import { postgresEngine } from "./postgres.ts";
import { DURABLE, EVERYSEC, redisEngine } from "./redis.ts";
import { sqliteEngine } from "./sqlite.ts";

/** The engines of a run. */
export interface Found extends AsyncDisposable {
  /** Those that people keep state in, each as durable as the others. */
  readonly engines: readonly Engine[];
  /** What they are compared with: no engine at all, another driver, less durability, what stands for a service. */
  readonly others: readonly Engine[];
  /** A sentence for each that `PERDURE_WITHOUT` leaves out. */
  readonly without: readonly string[];
}

/** SQLite in the folder, and every server that the environment names or that can be started here. Throws one sentence when one can't be had and is not left out. */
export async function findEngines(folder: string): Promise<Found> {
  await using started = new AsyncDisposableStack();
  const engines: Engine[] = [started.use(sqliteEngine(folder))];
  const others: Engine[] = [memoryEngine(), started.use(sqliteEngine(folder, "node:sqlite"))];
  const without: string[] = [];
  const postgresOut = leftOut("postgres");
  if (postgresOut === undefined)
    engines.push(started.use(await postgresEngine(await postgresUrl(started))));
  else without.push(`Postgres is left out: ${postgresOut}.`);
  const redisOut = leftOut("redis");
  if (redisOut !== undefined) without.push(`Redis is left out: ${redisOut}.`);
  else if (isNamed("redis"))
    engines.push(started.use(await redisEngine(started.use(await engineAt("redis")).url)));
  else {
    const { url } = started.use(await ownServer("redis", { settings: DURABLE }));
    engines.push(started.use(await redisEngine(url)));
    const second = started.use(await ownServer("redis", { settings: EVERYSEC }));
    others.push(started.use(await redisEngine(second.url, "Redis, everysec")));
  }
  const dynamodbOut = leftOut("dynamodb");
  if (dynamodbOut === undefined)
    others.push(started.use(await dynamodbEngine(started.use(await engineAt("dynamodb")).url)));
  else without.push(`DynamoDB Local is left out: ${dynamodbOut}.`);
  const owned = started.move();
  return { engines, others, without, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The one that the environment names; else one of our own, since the one that tests get forgets what it acknowledged when the machine dies. */
async function postgresUrl(started: AsyncDisposableStack): Promise<string> {
  const server = await (isNamed("postgres") ? engineAt("postgres") : ownServer("postgres"));
  return started.use(server).url;
}

function isNamed(name: "postgres" | "redis"): boolean {
  return (process.env[`PERDURE_${name.toUpperCase()}_URL`] ?? "") !== "";
}
