import { memoryBackend } from "./backend/memory.ts";
import { StorageError } from "./errors.ts";
import type { Store } from "./store/contract.ts";
import type { StoreOptions } from "./store/options.ts";
import { createStore } from "./store/store.ts";

/**
 * Opens a store by its URL: `memory:`, `file:./agents.db` (or `file:///var/lib/agents.db`), `postgres://user:password@host/database` (or `postgresql:`), `redis://host:6379` (or `rediss:`), `dynamodb://table?region=eu-central-1`. The package of the backend is loaded here; where it is not installed the
 * error says which one to install. Nothing is asked of the database before the first use, so one that cannot be reached is told by `setup()`, or by the first verb. The store
 * owns what it opened: dispose it.
 */
export async function openStore(
  url: string | undefined,
  options: StoreOptions = {},
): Promise<Store> {
  const scheme = typeof url === "string" ? /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase() : undefined;
  const opener = scheme === undefined ? undefined : openers.get(scheme);
  // What stands behind the scheme may hold a password, and is never shown.
  if (url === undefined || opener === undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `A store's URL begins with one of ${[...openers.keys()].join(":, ")}:; ${gotIn(url, scheme)}.`,
    );
  return opener(url, options);
}

/** What there is in the place of a URL's beginning. */
function gotIn(url: unknown, scheme: string | undefined): string {
  if (url === undefined || url === "") return "got none (is its variable set?)";
  if (scheme === undefined) return "got none (a file is file:./agents.db)";
  return scheme === "sqlite" ? "got sqlite: (a file is file:./agents.db)" : `got ${scheme}:`;
}

type Opener = (url: string, options: StoreOptions) => Promise<Store>;

const openers: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ["memory", async (_url, options) => inMemory(options)],
  ["file", inSqlite],
  ["postgres", inPostgres],
  ["postgresql", inPostgres],
  ["redis", inRedis],
  ["rediss", inRedis],
  ["dynamodb", inDynamo],
]);

function inMemory(options: StoreOptions): Store {
  return createStore({ ...options, backend: memoryBackend(), ownsBackend: true });
}

async function inSqlite(url: string, options: StoreOptions): Promise<Store> {
  const name = "@perdure/checkpoint-sqlite";
  const { sqliteStore } = await installed(name, () => import("@perdure/checkpoint-sqlite"));
  return sqliteStore({ ...options, url });
}

async function inPostgres(url: string, options: StoreOptions): Promise<Store> {
  const name = "@perdure/checkpoint-postgres";
  const { postgresStore } = await installed(name, () => import("@perdure/checkpoint-postgres"));
  return postgresStore({ ...options, url });
}

async function inRedis(url: string, options: StoreOptions): Promise<Store> {
  const name = "@perdure/checkpoint-redis";
  const { redisStore } = await installed(name, () => import("@perdure/checkpoint-redis"));
  return redisStore({ ...options, url });
}

async function inDynamo(url: string, options: StoreOptions): Promise<Store> {
  const name = "@perdure/checkpoint-dynamodb";
  const { dynamoStore } = await installed(name, () => import("@perdure/checkpoint-dynamodb"));
  return dynamoStore({ ...options, url });
}

async function installed<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")
      throw new StorageError("INVALID_ARGUMENT", `This URL needs ${name}: npm install ${name}`, {
        cause: error,
      });
    throw error;
  }
}
