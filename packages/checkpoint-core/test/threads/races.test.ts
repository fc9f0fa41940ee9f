import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  isStorageError,
  memoryBackend,
  type Store,
} from "../../src/index.ts";
import { asks } from "../../src/conformance/store/bench.ts";
import { randomFrom, Scheduler } from "../runs/scheduler.ts";
import { leftOf, watched } from "./raw.ts";

const THEN = 1_700_000_000_000;
/** When every task has looked at what was noted. */
const LATER = THEN + 125 * 60_000;
const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);
const id = "victim";

const at = (backend: Backend, now = THEN): Store =>
  createStore({ backend, now: () => now, scope: { user: "ann" } });

/** What may happen to a call beside a deletion: it is done, or it is told that the thread is deleted. */
async function lands(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (isStorageError(error) && ["DELETED", "UNAVAILABLE"].includes(error.code)) return false;
    throw error;
  }
}

const writes: Readonly<Record<string, (store: Store, nth: number) => Promise<unknown>>> = {
  append: ({ history }, nth) => history.append(id, [{ id: `late ${nth}`, value: nth }]),
  put: ({ checkpoints }, nth) => checkpoints.put(id, { nth }),
  begin: ({ runs }, nth) => runs.begin(id, asks(`${id} late ${nth}`, `E${nth}`)),
  start: ({ runs }, nth) => runs.start(id, { runId: `${id} late ${nth}` }),
  commit: (store, nth) =>
    store.commit(
      id,
      { history: [{ id: `late ${nth}`, value: nth }] },
      { operationId: `op ${nth}` },
    ),
  stream: ({ streams }, nth) =>
    streams.append(`${id} stream ${nth}`, [nth], { threadId: id, operationId: "op" }),
};

test.each(Object.keys(writes))(
  "of deletions and %ss from several processes, in any order and with any crash, nothing is left behind a deletion",
  async (name) => {
    for (const seed of SEEDS) {
      const { backend, records } = watched(memoryBackend());
      const first = at(backend);
      await first.threads.create(id);
      await first.history.append(id, [{ id: "e", value: 1 }]);
      const random = randomFrom(seed);
      const scheduler = new Scheduler(backend, random, seed % 2);
      for (let nth = 0; nth < 2; nth += 1)
        scheduler.spawn(
          async (view) => {
            const store = at(view);
            for (let turn = 0; turn < 2; turn += 1)
              await lands(writes[name]?.(store, nth * 2 + turn) ?? Promise.resolve());
          },
          Math.floor(random() * 12),
        );
      let deleted = false;
      scheduler.spawn(
        async (view) => {
          deleted = await lands(at(view).threads.delete(id, { operationId: "op" }));
        },
        Math.floor(random() * 12),
      );
      await scheduler.run();
      const after = at(backend, LATER);
      if (!deleted) await after.threads.delete(id, { operationId: "retry" });
      expect((await after.maintain({ ms: 60_000 })).failed).toEqual([]);
      expect(await after.threads.get(id)).toBeUndefined();
      expect((await after.threads.list()).threads).toEqual([]);
      await expect(after.history.append(id, [{ id: "x", value: 1 }])).rejects.toMatchObject({
        code: "DELETED",
      });
      const left = leftOf(await records(), id).filter(
        (record) => seed % 2 === 0 || !isLate(record),
      );
      expect({ seed, left }).toEqual({ seed, left: [] });
    }
  },
);

/** What a late run leaves when it dies between its entry in an index and its own write, and the thread goes: an entry that leads nowhere, which whoever meets it skips and another run's id may replace. */
function isLate(record: string): boolean {
  return /^(?:r|open)\//.test(record);
}

test("of deletions and creations from several processes, the thread is listed exactly where it lives", async () => {
  for (const seed of SEEDS) {
    const { backend, records } = watched(memoryBackend());
    const first = at(backend);
    const { life } = await first.threads.create(id);
    const random = randomFrom(seed);
    const scheduler = new Scheduler(backend, random, seed % 3);
    const lives: number[] = [];
    for (let nth = 0; nth < 2; nth += 1) {
      scheduler.spawn(
        async (view) => {
          const { threads } = at(view);
          await lands(threads.delete(id, { operationId: `op ${nth}` }));
        },
        Math.floor(random() * 20),
      );
      scheduler.spawn(
        async (view) => {
          const { threads } = at(view);
          await lands(threads.create(id).then((thread) => lives.push(thread.life)));
        },
        Math.floor(random() * 20),
      );
    }
    await scheduler.run();
    const after = at(backend, LATER);
    expect((await after.maintain({ ms: 60_000 })).failed).toEqual([]);
    const thread = await after.threads.get(id);
    if (thread) {
      await after.history.append(id, [{ id: "e", value: 1 }]);
      expect(thread.life === life || lives.length < 2 || lives.includes(thread.life)).toBe(true);
    }
    const ids = (await after.threads.list()).threads.map((one) => one.life);
    expect({ seed, ids }).toEqual({ seed, ids: thread ? [thread.life] : [] });
    const notes = (await records()).filter((record) => record.includes("w/drop/"));
    expect({ seed, notes }).toEqual({ seed, notes: [] });
  }
});
