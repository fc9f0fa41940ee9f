import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, createStore, isStorageError, type Store } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { sweepCheckpoints } from "../../checkpoint-core/src/store/checkpoints/sweep.ts";
import { storeContext } from "../../checkpoint-core/src/store/context.ts";
import { type Random, randomFrom } from "../../checkpoint-core/test/runs/scheduler.ts";
import type { DrillResult } from "./drill.ts";

const DAY = 24 * 60 * 60 * 1000;
/** Changes of a line before it starts anew: enough for several segments. */
const MESSAGE_BYTES = 300;

interface Seen {
  puts: number;
  reads: number;
  sweeps: number;
  starved: number;
  readonly wrong: string[];
}

/**
 * So many sweeps race writers that put every millisecond, on a line and on branches, with deletions among them, and readers of every checkpoint: no reader finds a hole or takes what is
 * whole for damage, and every sweep comes to its end.
 */
export async function racingSweeps(
  driver: SqliteDriver,
  count: number,
  seed: number = Date.now() % 1e9,
): Promise<DrillResult> {
  const folder = await mkdtemp(join(tmpdir(), "perdure-sweeps-"));
  const path = join(folder, "swept.db");
  const seen: Seen = { puts: 0, reads: 0, sweeps: 0, starved: 0, wrong: [] };
  const random = randomFrom(seed);
  {
    await using backend = sqliteBackend({ path, driver, durability: "normal" });
    await using other = sqliteBackend({ path, driver, durability: "normal" });
    await backend.setup("create");
    const going = (): boolean => seen.sweeps < count && seen.wrong.length === 0;
    await Promise.all([
      write(createStore({ backend, keepLast: 20 }), "line", random, seen, going),
      write(createStore({ backend: other, keepLast: 15 }), "branches", random, seen, going),
      read(createStore({ backend: other }), random, seen, going),
      sweep(backend, "line", seen, going),
      sweep(other, "line", seen, going),
      sweep(other, "branches", seen, going),
      sweep(backend, "branches", seen, going),
    ]);
  }
  await rm(folder, { recursive: true });
  return {
    name: `sweeps ${driver}`,
    passed: seen.wrong.length === 0 && seen.starved === 0,
    line:
      `seed ${seed}: ${seen.sweeps} sweeps by four at once raced ${seen.puts} puts and ${seen.reads} reads on a line and on branches: ` +
      `${seen.wrong.length} holes or false damages, ${seen.starved} sweeps starved${seen.wrong.map((each) => `; ${each}`).join("")}`,
  };
}

/** Each state says what it must hold: a checkpoint whose texts are not those of its own number is wrong. */
function stateOf(n: number): { readonly n: number; readonly texts: readonly string[] } {
  return { n, texts: Array.from({ length: 1 + (n % 40) }, (_, at) => textOf(n, at)) };
}

function textOf(n: number, at: number): string {
  return `${n - (n % 40)} ${at}`.padEnd(MESSAGE_BYTES, ".");
}

async function write(
  { checkpoints }: Store,
  thread: string,
  random: Random,
  seen: Seen,
  going: () => boolean,
): Promise<void> {
  const ids: string[] = [];
  for (let n = 0; going(); n += 1) {
    const parentId =
      thread === "branches" && ids.length > 3 ? pick(random, ids.slice(-4)) : undefined;
    try {
      const options = parentId === undefined ? {} : { parentId };
      ids.push(await checkpoints.put(thread, stateOf(n), options));
      seen.puts += 1;
      if (random() < 0.05) await checkpoints.delete(thread, pick(random, ids.slice(-10)));
    } catch (error) {
      if (!isExpected(error)) seen.wrong.push(`a put: ${String(error)}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}

async function read(
  { checkpoints }: Store,
  random: Random,
  seen: Seen,
  going: () => boolean,
): Promise<void> {
  while (going())
    for (const thread of ["line", "branches"]) {
      try {
        const list = await checkpoints.list(thread);
        const one = list.length > 0 && random() < 0.8 ? pick(random, list).id : undefined;
        const state = await checkpoints.get<ReturnType<typeof stateOf>>(thread, one);
        if (state && JSON.stringify(state) !== JSON.stringify(stateOf(state.n)))
          seen.wrong.push(`${thread} ${one}: another state`);
        seen.reads += 1;
      } catch (error) {
        seen.wrong.push(`a read of ${thread}: ${String(error)}`);
      }
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
}

async function sweep(
  backend: Backend,
  thread: string,
  seen: Seen,
  going: () => boolean,
): Promise<void> {
  const base = { backend, now: Date.now, operationTtlMs: 7 * DAY, ready: async () => {} };
  const partition = storeContext(base, {}).unwatched(thread);
  while (going()) {
    try {
      await sweepCheckpoints(
        { partition, now: Date.now(), goOn },
        { expired: seen.sweeps % 9 === 0 },
      );
    } catch (error) {
      if (isStorageError(error) && error.code === "CONTENTION") seen.starved += 1;
      else seen.wrong.push(`a sweep of ${thread}: ${String(error)}`);
    }
    seen.sweeps += 1;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

const goOn = (): Promise<boolean> => Promise.resolve(true);

/** A parent that was hidden or deleted meanwhile. */
function isExpected(error: unknown): boolean {
  return isStorageError(error) && error.code === "NOT_FOUND";
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}
