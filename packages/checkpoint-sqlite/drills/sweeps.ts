import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, createStore, memoryBackend } from "@perdure/checkpoint-core";
import { type SqliteDriver, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { sweepCheckpoints } from "../../checkpoint-core/src/store/checkpoints/sweep.ts";
import { leavings, partitionOf } from "../../checkpoint-core/test/checkpoints/sweepStored.ts";
import { randomFrom } from "../../checkpoint-core/test/runs/scheduler.ts";
import type { DrillResult } from "@perdure/drills";
import { pin, type Racer, readHidden, readShown, remove, sweep, write } from "./sweepRacers.ts";
import { RacedThread, type Seen } from "./sweepStage.ts";

/** Of the sweeps, how many at least free something: one that does nothing, or puts it off, does not come to that. */
const FREEING = 0.3;

/**
 * So many sweeps, two at once on each thread, race writers that put on a line and on branches as fast as a put a millisecond, readers of what is shown and of what is about to be hidden,
 * deletions by id, pins that land while a sweep is about to free what they pin, and unpins: no reader finds a hole or takes what is whole for damage, what is pinned or shown is there,
 * every sweep ends within its bounded looks, and after a last one nothing is stored that nobody needs.
 */
export async function racingSweeps(
  where: SqliteDriver | "memory",
  count: number,
  seed: number = Date.now() % 1e9,
): Promise<DrillResult> {
  if (where === "memory") {
    const backend = memoryBackend();
    return raced(where, [backend, backend], count, seed);
  }
  const folder = await mkdtemp(join(tmpdir(), "perdure-sweeps-"));
  const path = join(folder, "swept.db");
  try {
    await using backend = sqliteBackend({ path, driver: where, durability: "normal" });
    await using other = sqliteBackend({ path, driver: where, durability: "normal" });
    await backend.setup("create");
    return await raced(where, [backend, other], count, seed);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function raced(
  where: string,
  [one, two]: readonly [Backend, Backend],
  count: number,
  seed: number,
): Promise<DrillResult> {
  const random = randomFrom(seed);
  const seen = nothing();
  const threads = [
    new RacedThread("line", 6, seen, random),
    new RacedThread("branches", 5, seen, random),
  ];
  const going = (): boolean => seen.sweeps < count && seen.wrong.length === 0;
  const begun = performance.now();
  await Promise.all(
    threads.map(async (thread) => {
      const here: Racer = { backend: one, thread, random, going };
      const there: Racer = { ...here, backend: two };
      const racing = [
        readHidden(here),
        readShown(there),
        remove(there),
        pin(here),
        pin(there),
        sweep(here),
        sweep(there),
      ];
      await write(here, thread.name === "branches");
      for (const each of threads) each.end();
      await Promise.all(racing);
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  for (const thread of threads) await sweepLast(one, thread);
  const rate = Math.round(seen.puts / seconds);
  return {
    name: `sweeps ${where}`,
    passed: seen.wrong.length === 0 && seen.starved === 0 && seen.freeing >= FREEING * seen.sweeps,
    line:
      `seed ${seed}: ${seen.sweeps} sweeps, four at once, of which ${seen.freeing} freed ${seen.freed} checkpoints in ${seen.looks} looks or fewer each, raced ${seen.puts} puts ` +
      `(${rate} a second), ${seen.reads} reads (${seen.hiddenReads} of what was hidden meanwhile), ${seen.pins} pins and ${seen.deletes} deletions on a line and on branches: ` +
      `${seen.wrong.length} wrong, ${seen.starved} sweeps starved${seen.wrong.map((each) => `; ${each}`).join("")}`,
  };
}

function nothing(): Seen {
  return {
    puts: 0,
    reads: 0,
    hiddenReads: 0,
    pins: 0,
    deletes: 0,
    sweeps: 0,
    freeing: 0,
    freed: 0,
    looks: 0,
    starved: 0,
    wrong: [],
  };
}

const goOn = (): Promise<boolean> => Promise.resolve(true);

/** After a last sweep, with nobody beside it, what is stored is what is needed. */
async function sweepLast(backend: Backend, { name, pinned, seen }: RacedThread): Promise<void> {
  const now = Date.now();
  await sweepCheckpoints({ partition: partitionOf(backend, name, now), now, goOn });
  const list = await createStore({ backend }).checkpoints.list(name, { limit: 1000 });
  const visible = list.map(({ id }) => Number(id.split("-")[0]));
  const ordinals = [...pinned].map(({ ordinal }) => ordinal);
  const left = await leavings(backend, name, {
    visible,
    pinned: ordinals.filter((ordinal) => visible.includes(ordinal)),
    now,
  });
  for (const [what, found] of Object.entries({ ...left, stored: [] }))
    if (found.length > 0)
      seen.wrong.push(`${name}, after a last sweep: ${what} ${found.join(" ")}`);
}
