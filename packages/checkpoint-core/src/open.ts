import { memoryBackend } from "./backend/memory.ts";
import { StorageError } from "./errors.ts";
import type { Store } from "./store/contract.ts";
import type { StoreOptions } from "./store/options.ts";
import { createStore } from "./store/store.ts";

/**
 * Opens a store by its URL: `memory:`, `file:./agents.db` (or `file:///var/lib/agents.db`). The package of the backend is loaded here; where it is not installed the
 * error says which one to install. Nothing is asked of the database before the first use, so one that cannot be reached is told by `setup()`, or by the first verb. The store
 * owns what it opened: dispose it.
 */
export async function openStore(
  url: string | undefined,
  options: StoreOptions = {},
): Promise<Store> {
  const scheme = /^([a-z]+):/.exec(url ?? "")?.[1];
  const opener = scheme === undefined ? undefined : openers.get(scheme);
  if (url === undefined || opener === undefined)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `A store's URL begins with one of ${[...openers.keys()].join(":, ")}:; got ${JSON.stringify(url)}.`,
    );
  return opener(url, options);
}

type Opener = (url: string, options: StoreOptions) => Promise<Store>;

const openers: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  [
    "memory",
    async (_url, options) =>
      createStore({ ...options, backend: memoryBackend(), ownsBackend: true }),
  ],
  [
    "file",
    async (url, options) => {
      const { sqliteStore } = await installed(
        "@perdure/checkpoint-sqlite",
        () => import("@perdure/checkpoint-sqlite"),
      );
      return sqliteStore({ ...options, url });
    },
  ],
]);

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
