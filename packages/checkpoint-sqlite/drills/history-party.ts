import { type Backend, createStore, isStorageError } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { sweepCheckpoints } from "../../checkpoint-core/src/store/checkpoints/sweep.ts";
import { answerOf, THREAD } from "../../checkpoint-core/test/checkpoints/sweepActs.ts";
import type { Act } from "../../checkpoint-core/test/checkpoints/sweepModel.ts";
import { partitionOf } from "../../checkpoint-core/test/checkpoints/sweepStored.ts";
import { wrapBackend } from "../../checkpoint-core/test/wrap.ts";

/** What a party is asked for: an act by its clock, a change of file, or some sweeps. */
export type Ask =
  | { readonly path: string; readonly keepLast: number | null }
  | { readonly act: Act; readonly now: number }
  | { readonly sweep: number };

/** A question and its number: a party may do several things at once. */
export interface Question {
  readonly n: number;
  readonly ask: Ask;
}

/** The answer to the question of that number, or why there is none. */
export interface Answer {
  readonly n: number;
  readonly given?: unknown;
  readonly failed?: string;
}

/** One process of a random history, over a connection and caches of its own. */
const driver = process.argv[2] as SqliteDriver;
let clock = 0;
let backend: ReturnType<typeof sqliteBackend> | undefined;
let store: ReturnType<typeof createStore> | undefined;

process.on("message", ({ n, ask }: Question) => {
  answer(ask).then(
    (given) => tell({ n, given: given ?? null }),
    (error: unknown) => tell({ n, failed: error instanceof Error ? String(error.stack) : "?" }),
  );
});
process.on("disconnect", () => process.exit());

/** Whoever asked may be gone meanwhile: then nobody wants to know. */
function tell(answered: Answer): void {
  if (process.connected) process.send?.(answered, undefined, {}, () => undefined);
}

async function answer(ask: Ask): Promise<unknown> {
  if ("path" in ask) return open(ask.path, ask.keepLast);
  if ("sweep" in ask) return sweep(ask.sweep);
  clock = ask.now;
  if (!store) throw new Error("No file is open.");
  return answerOf(ask.act, store);
}

async function open(path: string, keepLast: number | null): Promise<void> {
  await store?.[Symbol.asyncDispose]();
  await backend?.[Symbol.asyncDispose]();
  backend = sqliteBackend({ path, driver, durability: "normal" });
  const options = { backend: hesitant(backend), now: () => clock };
  store = createStore(keepLast === null ? options : { ...options, keepLast });
  await store.setup();
}

/** Leaves the other processes time between two calls, so that acts which are done at once do meet. */
function hesitant(inner: Backend): Backend {
  return wrapBackend(inner, {
    read: async (...call) => pause().then(async () => inner.read(...call)),
    scan: async (...call) => pause().then(async () => inner.scan(...call)),
    write: async (...call) => pause().then(async () => inner.write(...call)),
  });
}

async function pause(): Promise<void> {
  if (Math.random() < 0.4)
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
}

/** Sweeps while the others go on; what it meets of deletions of the thread is none of its business. */
async function sweep(now: number): Promise<number> {
  if (!backend) throw new Error("No file is open.");
  let done = 0;
  for (; done < 3; done += 1)
    try {
      const partition = partitionOf(hesitant(backend), THREAD, now);
      await sweepCheckpoints({ partition, now, goOn }, { expired: true });
    } catch (error) {
      if (!isStorageError(error) || error.code !== "DELETED") throw error;
    }
  return done;
}

function goOn(): Promise<boolean> {
  return Promise.resolve(true);
}
