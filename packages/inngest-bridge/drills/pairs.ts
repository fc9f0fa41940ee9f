import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStore, memoryBackend, openStore, type Store } from "@perdure/checkpoint-core";
import { type EngineName, freshPlace } from "@perdure/engines";

/** Two stores over the same data, as two processes have them: they share no client. Nothing of it is left when it is disposed of. */
export interface Pair extends AsyncDisposable {
  readonly a: Store;
  readonly b: Store;
}

/** A pair in this process's memory. */
export async function memoryPair(): Promise<Pair> {
  const backend = memoryBackend();
  return {
    a: createStore({ backend }),
    b: createStore({ backend }),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}

/** A pair on one SQLite file of its own. */
export async function sqlitePair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-pair-"));
  return opened(`file:${join(folder, "store.db")}`, () => rm(folder, { recursive: true }));
}

/** A pair in a schema, or under a key prefix, of its own on the server of a URL. */
export async function enginePair(name: EngineName, serverUrl: string): Promise<Pair> {
  const { url, remove } = freshPlace(name, serverUrl);
  return opened(url, remove);
}

async function opened(url: string, remove: () => Promise<void>): Promise<Pair> {
  const [a, b] = [await openStore(url), await openStore(url)];
  return {
    a,
    b,
    async [Symbol.asyncDispose]() {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
      await remove();
    },
  };
}
