import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { type EngineName, freshPlace } from "@perdure/engines";

/** Two stores over the same data, as two processes have them, and what a third opens it by. */
export interface Pair extends AsyncDisposable {
  readonly a: Store;
  readonly b: Store;
  readonly url: string;
}

/** Where scenarios are run. */
export interface Place {
  readonly name: string;
  /** Storage of its own. Nothing of it is left when it is disposed of. */
  pair(): Promise<Pair>;
  /** The same for one process, which may be quicker. */
  alone(): Promise<Store>;
}

/** SQLite: in a file, or in memory where one process works. */
export const sqlite: Place = {
  name: "sqlite",
  async pair() {
    const folder = await mkdtemp(join(tmpdir(), "perdure-scenario-"));
    const path = join(folder, "store.db");
    // Processes die here, and no power is cut.
    const open = async (): Promise<Store> => sqliteStore({ path, durability: "normal" });
    return opened(`file:${path}`, open, () => rm(folder, { recursive: true }));
  },
  alone: async () => sqliteStore({ path: ":memory:" }),
};

/** A server. */
export function onServer(name: EngineName, serverUrl: string): Place {
  const pair = async (): Promise<Pair> => {
    const { url, remove } = freshPlace(name, serverUrl);
    return opened(url, () => openStore(url), remove);
  };
  return {
    name,
    pair,
    async alone() {
      const whole = await pair();
      return { ...whole.a, [Symbol.asyncDispose]: async () => whole[Symbol.asyncDispose]() };
    },
  };
}

async function opened(
  url: string,
  open: () => Promise<Store>,
  remove: () => Promise<void>,
): Promise<Pair> {
  const [a, b] = [await open(), await open()];
  return {
    a,
    b,
    url,
    async [Symbol.asyncDispose]() {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
      await remove();
    },
  };
}
