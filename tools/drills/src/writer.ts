import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createStore, isStorageError, type Store } from "@perdure/checkpoint-core";
import { openFrom } from "./module.ts";
import { between, randomFrom } from "./random.ts";
import {
  isShared,
  lastOwn,
  type Line,
  linesOf,
  nameOf,
  type Operation,
  SHARED,
  threadOf,
} from "./record.ts";

/** What a process of writing clients is started with, as JSON in its first argument. */
export interface WriterJob {
  readonly module: string;
  readonly given: string;
  readonly process: number;
  readonly clients: number;
  readonly seed: number;
  /** The file where it writes down what happens: what is written there is kept when the process is killed. One that takes its place goes on from there. */
  readonly log: string;
}

/** What it is told: to make a pause after the operations under way, to go on, to end after them. */
export type Order = "rest" | "go" | "end";

/** What it says: a client was told that an operation is done; all clients make a pause. */
export type Said = { readonly client: string } | { readonly resting: true };

/** What the store says of a write. */
interface Told {
  readonly id: string;
  readonly replayed: boolean;
}

/** Milliseconds until a client tries again. */
const PAUSE_MS = [5, 40] as const;
/** Operations until a client reads its state. */
const READ_EVERY = 5;
/** Numbers that a client's state holds. */
const REMEMBERED = 50;

/*
 * Clients that write as fast as they can, each one operation after the other. An operation that fails with an error that is retryable is tried again under its operation id until it is done. Nothing here
 * listens for errors that nobody handles: one would end the process, and the drill would say so.
 */
const job = JSON.parse(process.argv[2] ?? "") as WriterJob;
const random = randomFrom(job.seed);
const past = await linesOf(job.log);
const log = openSync(job.log, "a");
const backend = await openFrom(job.module, job.given);
const store = createStore({ backend });
flushCompileCache();
const orders = { ending: false };
let resting: PromiseWithResolvers<void> | undefined;
let stopped = 0;

// Its parent is gone: nobody wants to know, and nobody else clears away.
const orphaned = (): void => {
  rmSync(dirname(job.log), { recursive: true, force: true, maxRetries: 10 });
  process.exit();
};
process.on("disconnect", orphaned);
process.on("message", (order: Order) => {
  orders.ending ||= order === "end";
  if (order === "rest") resting = Promise.withResolvers();
  else resting?.resolve();
});
await Promise.all(
  Array.from({ length: job.clients }, (_, index) => work(`${job.process}.${index}`)),
);
await backend[Symbol.asyncDispose]();
closeSync(log);
process.off("disconnect", orphaned);
process.disconnect();

function write(line: Line): void {
  writeSync(log, `${JSON.stringify(line)}\n`);
}

function say(said: Said): void {
  // Its parent may be gone: then nobody counts.
  process.send?.(said, () => undefined);
}

/** One client. What its predecessor had begun and was not told of comes first, under the same operation id. */
async function work(client: string): Promise<void> {
  let { begun, done } = pastOf(client);
  while (!orders.ending) {
    if (resting) await rest();
    const n = done + 1;
    if (n > begun) write({ begin: { client, n } });
    begun = n;
    if (!(await finished({ client, n }))) return;
    done = n;
    say({ client });
  }
}

function pastOf(client: string): { readonly begun: number; readonly done: number } {
  let [begun, done] = [0, 0];
  for (const line of past) {
    if ("begin" in line && line.begin.client === client) begun = line.begin.n;
    if ("done" in line && line.done.client === client) done = line.done.n;
  }
  return { begun, done };
}

/** The last client to come says that all rest. */
async function rest(): Promise<void> {
  stopped += 1;
  if (stopped === job.clients) say({ resting: true });
  await resting?.promise;
  stopped -= 1;
  if (stopped === 0) resting = undefined;
}

/** True when the operation is done and, from time to time, was read again; false when it failed with an error after which no retry helps. */
async function finished(operation: Operation): Promise<boolean> {
  const told = await insisted(operation, () => once(store, operation));
  if (told === undefined) return false;
  write({ done: operation, ...told, at: Date.now() });
  if (operation.n % READ_EVERY !== 0) return true;
  // Nobody else writes there.
  const thread = threadOf(operation.client);
  const seen = await insisted(operation, async () => ({
    state: await store.checkpoints.get<{ n: number }>(thread),
  }));
  if (seen && seen.state?.n !== lastOwn(operation.n))
    write({ misread: `after ${nameOf(operation)} the state is ${JSON.stringify(seen.state)}` });
  return seen !== undefined;
}

/** The answer, however often it takes; `undefined` after an error that no retry helps. */
async function insisted<T>(operation: Operation, call: () => Promise<T>): Promise<T | undefined> {
  for (;;)
    try {
      return await call();
    } catch (error) {
      const ours = isStorageError(error);
      const code = ours ? error.code : "none of ours";
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const final = !ours || !error.retryable;
      write({ failed: operation, code, message, final });
      if (final) return undefined;
      await pause(between(random, ...PAUSE_MS));
    }
}

/** One write of the store: an entry of the history that all share, or an entry and a checkpoint of the client's own thread, in one. Under which id it is stored, as the store says. */
async function once(to: Store, operation: Operation): Promise<Told> {
  const { client, n } = operation;
  const operationId = nameOf(operation);
  if (isShared(operation)) {
    const entry = { value: operation };
    const { ids, replayed } = await to.history.append(SHARED, [entry], { operationId });
    return { id: ids[0] ?? "none", replayed };
  }
  const first = Math.max(1, n - REMEMBERED);
  const last = Array.from({ length: n - first + 1 }, (_, at) => first + at);
  const checkpoint = { state: { n, last }, metadata: { n } };
  const history = [{ value: operation }];
  const told = await to.commit(threadOf(client), { history, checkpoint }, { operationId });
  if (told.status !== "committed") throw new TypeError("A commit without a lease is committed.");
  return { id: told.checkpointId ?? "none", replayed: told.replayed };
}
