import {
  type Backend,
  createStore,
  memoryBackend,
  type Store,
  type StoreOptions,
} from "../../src/index.ts";
import { fill } from "./full.ts";

export const NOW = 1_700_000_000_000;

export function storeOver(backend: Backend, options: Partial<StoreOptions> = {}): Store {
  return createStore({ backend, now: () => NOW, ...options });
}

/** A full store, and an empty one with limits, keys and compression of its own. */
export async function sides(): Promise<{ from: Store; to: Store; target: Backend }> {
  const from = storeOver(memoryBackend());
  await fill(from);
  const target = narrow();
  return { from, to: storeOver(target, sealed), target };
}

export const sealed = {
  encryption: { keys: { k1: new Uint8Array(32).fill(7) }, current: "k1" },
  compress: { minBytes: 1 },
} satisfies Partial<StoreOptions>;

export function narrow(): Backend {
  return memoryBackend({ limits: { maxValueBytes: 600, maxWriteBytes: 4000, maxWrites: 12 } });
}
