import { join } from "node:path";
import { type Backend, createStore, type Store } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { operation, startConversation } from "./conversation.ts";
import { median } from "./measure.ts";
import { newMessage } from "./message.ts";
import { databaseBytes } from "./engines/sqlite.ts";

const THREAD = "long";
const MESSAGES = 10_000;
const WINDOW = 100;
const KEPT = 10;
const SLID = 2000;
const SLIDING = 200;

/** A line of the table: what was done to the thread, how long it took in milliseconds, and what the file held after it. */
interface Line {
  readonly what: string;
  readonly ms: number;
  readonly bytes?: number;
}

/** A thread of 10,000 messages of 1 KB, each an entry of its history and a checkpoint, and a thread of whole states: what the verbs take on them, as a table. */
export async function longThread(folder: string): Promise<string> {
  const path = join(folder, "long.db");
  await using backend = sqliteBackend({ path });
  const store = createStore({ backend });
  const lines: Line[] = [];
  await growing(store, lines, () => databaseBytes(path));
  const cold = (): Store => createStore({ backend });
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    lines.push({ what, ms: await duration(work) });
  };
  await timed("get latest, warm", () => store.checkpoints.get(THREAD));
  await timed("get latest, by a process that has just started", () =>
    cold().checkpoints.get(THREAD),
  );
  await timed("list 100 checkpoints", () => store.checkpoints.list(THREAD, { limit: 100 }));
  await timed("history: the last 50", () => store.history.read(THREAD, { limit: 50 }));
  await timed("history: all of it", () => store.history.read(THREAD));
  const [head] = await store.checkpoints.list(THREAD, { limit: 1 });
  const before = databaseBytes(path);
  const fork = await duration(() => store.checkpoints.fork(THREAD, head?.id ?? "", "forked"));
  lines.push({ what: "fork with its history", ms: fork, bytes: databaseBytes(path) - before });
  lines.push(await prune(backend, head?.id ?? "", () => databaseBytes(path)));
  const compacted = await duration(() =>
    store.history.replace(THREAD, {}, [{ value: "a summary" }], {
      expected: MESSAGES,
      operationId: "compact",
    }),
  );
  lines.push({ what: "history: replace 10,000 by a summary", ms: compacted });
  await timed("delete the thread", () => store.threads.delete(THREAD));
  lines.push(...(await sliding(folder)));
  return tableOf(lines);
}

/** A put that shows the newest only, and the maintenance that is due after it: of a state that only grew it frees nothing, since the newest is made of every change. */
async function prune(backend: Backend, parentId: string, bytes: () => number): Promise<Line> {
  const changes = [{ path: ["messages"], append: [newMessage()] }];
  const pruning = createStore({ backend, keepLast: KEPT });
  await pruning.checkpoints.append(THREAD, { parentId, changes });
  await pruning[Symbol.asyncDispose]();
  const ms = await maintained(backend);
  return { what: `prune to the last ${KEPT} checkpoints (maintain)`, ms, bytes: bytes() };
}

/** Whole states, each the last 200 messages: what they take before and after all but the newest are pruned. */
async function sliding(folder: string): Promise<readonly Line[]> {
  const path = join(folder, "sliding.db");
  await using backend = sqliteBackend({ path });
  const messages = Array.from({ length: SLID }, newMessage);
  const put = async (keepLast: number | undefined, from: number, to: number): Promise<void> => {
    await using store = createStore({ backend, ...(keepLast === undefined ? {} : { keepLast }) });
    for (let end = from; end < to; end += 1) {
      const window = messages.slice(Math.max(0, end + 1 - SLIDING), end + 1);
      await store.checkpoints.put(THREAD, { messages: window });
    }
  };
  const puts = await duration(() => put(undefined, 0, SLID - 1));
  const before = { ms: puts, bytes: databaseBytes(path) };
  await put(KEPT, SLID - 1, SLID);
  const after = { ms: await maintained(backend), bytes: databaseBytes(path) };
  return [
    { what: `${SLID} whole states, each the last ${SLIDING} messages`, ...before },
    { what: `  pruned to the last ${KEPT} (maintain)`, ...after },
  ];
}

/** How long the maintenance takes that is due in two hours. */
async function maintained(backend: Backend): Promise<number> {
  const later = createStore({ backend, now: () => Date.now() + 2 * HOUR });
  return duration(() => later.maintain({ ms: HOUR }));
}

const HOUR = 60 * 60 * 1000;

/** Appends all the messages; the first and the last hundred are lines. */
async function growing(store: Store, lines: Line[], bytes: () => number): Promise<void> {
  const conversation = await startConversation(store, THREAD);
  const appends = { history: new Array<number>(), checkpoint: new Array<number>() };
  const begun = performance.now();
  for (let count = 0; count < MESSAGES; count += 1) {
    const message = newMessage();
    const entry = [{ value: message }];
    const options = { operationId: operation(1_000_000 + count) };
    appends.history.push(await duration(() => store.history.append(THREAD, entry, options)));
    appends.checkpoint.push(await duration(() => conversation.append(message)));
  }
  for (const [what, times] of Object.entries(appends)) {
    const p50 = (from: number): number => median(times.slice(from, from + WINDOW));
    lines.push({ what: `${what} append, p50 of messages 101-200`, ms: p50(WINDOW) });
    lines.push({ what: `${what} append, p50 of the last 100`, ms: p50(MESSAGES - WINDOW) });
  }
  const ms = performance.now() - begun;
  lines.push({ what: "all 20,000 appends, and what the file holds", ms, bytes: bytes() });
}

async function duration(work: () => PromiseLike<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function tableOf(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(({ what }) => what.length));
  const rows = lines.map(({ what, ms, bytes }) => {
    const size = bytes === undefined ? "" : `  ${(bytes / 1e6).toFixed(1).padStart(7)} MB`;
    return `${what.padEnd(width)}  ${ms.toFixed(2).padStart(10)} ms${size}`;
  });
  return rows.join("\n");
}
