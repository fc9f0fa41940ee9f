import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "@perdure/checkpoint-core";
import { sqliteStore } from "@perdure/checkpoint-sqlite";
import { type EngineName, freshPlace } from "@perdure/engines";

/** A store of its own for a file of tests. Nothing of it is left when it is disposed of. */
export interface OwnStore extends AsyncDisposable {
  readonly store: Store;
  /** For another process. */
  readonly url: string;
}

/** In this process's memory. */
export async function inMemory(): Promise<OwnStore> {
  return owning("memory:", async () => {});
}

/** In a SQLite file of its own. */
export async function inFile(): Promise<OwnStore> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-langgraph-"));
  const path = join(folder, "store.db");
  // Processes die here, and no power is cut.
  const store = sqliteStore({ path, durability: "normal" });
  return owning(`file:${path}`, () => rm(folder, { recursive: true }), store);
}

/** In a schema, a table, or under a key prefix, of its own on a server. */
export async function onServer(name: EngineName, serverUrl: string): Promise<OwnStore> {
  const { url, remove } = freshPlace(name, serverUrl);
  return owning(url, remove);
}

async function owning(url: string, remove: () => Promise<void>, made?: Store): Promise<OwnStore> {
  const store = made ?? (await openStore(url));
  return {
    store,
    url,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await remove();
    },
  };
}
