import { createStore } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { sweepCheckpoints } from "../../checkpoint-core/src/store/checkpoints/sweep.ts";
import { storeContext } from "../../checkpoint-core/src/store/context.ts";
import { answerOf, THREAD } from "../../checkpoint-core/test/checkpoints/sweepActs.ts";
import type { Act } from "../../checkpoint-core/test/checkpoints/sweepModel.ts";

/** What a party is asked for: an act by its clock, a new life, a change of file, or to sweep without end. */
export type Ask =
  | { readonly path: string; readonly keepLast: number | null }
  | { readonly act: Act; readonly now: number }
  | { readonly revive: true; readonly now: number }
  | { readonly sweep: number };

/** One process of a random history: does what it is asked, one thing at a time, over a connection and caches of its own. */
const driver = process.argv[2] as SqliteDriver;
const DAY = 24 * 60 * 60 * 1000;
let clock = 0;
let backend: ReturnType<typeof sqliteBackend> | undefined;
let store: ReturnType<typeof createStore> | undefined;

process.on("message", (ask: Ask) => {
  void answer(ask).then((given) => process.send?.({ given: given === undefined ? null : given }));
});

async function answer(ask: Ask): Promise<unknown> {
  if ("path" in ask) return open(ask.path, ask.keepLast);
  if ("sweep" in ask) return sweep(ask.sweep);
  clock = ask.now;
  if (!store) throw new Error("No file is open.");
  if ("act" in ask) return answerOf(ask.act, store.checkpoints);
  await store.threads.delete(THREAD);
  await store.threads.create(THREAD);
  return undefined;
}

async function open(path: string, keepLast: number | null): Promise<void> {
  await store?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
  backend = sqliteBackend({ path, driver, durability: "normal" });
  const options = { backend, now: () => clock };
  store = createStore(keepLast === null ? options : { ...options, keepLast });
  await store.setup();
}

/** Sweeps while the others go on; what it meets of deletions of the thread is none of its business. */
async function sweep(now: number): Promise<number> {
  if (!backend) throw new Error("No file is open.");
  const base = { backend, now: () => now, operationTtlMs: 7 * DAY, ready: async () => {} };
  const partition = storeContext(base, {}).unwatched(THREAD);
  let done = 0;
  for (; done < 3; done += 1) await sweepCheckpoints({ partition, now, goOn }, { expired: true });
  return done;
}

function goOn(): Promise<boolean> {
  return Promise.resolve(true);
}
