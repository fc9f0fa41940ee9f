import assert from "node:assert/strict";
import type { Backend } from "../../backend/contract.ts";
import { isStorageError, StorageError } from "../../errors.ts";
import type { Store } from "../../store/contract.ts";
import {
  asks,
  type Bench,
  before,
  leaseOf,
  type StoreCase,
  storeCase,
  THEN,
  viewOf,
} from "./bench.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
/** When everything that was noted so far is due. */
const LATER = THEN + 2 * HOUR;
const BUDGET = { ms: 60_000 };

/** What is hidden, and what is freed of it: by `keepLast`, by deletions, by time. */
export const storedRetention: readonly StoreCase[] = [
  storeCase(
    "keep-last",
    "the newest n puts are shown, no more and no fewer, to every process, whatever its own n is",
    async ({ here, there }) => {
      const [two, four, all] = [here({ keepLast: 2 }), there({ keepLast: 4 }), there()];
      const ids: string[] = [];
      const shown = async (): Promise<readonly string[]> => {
        const lists = await Promise.all([two, four, all].map((store) => listOf(store)));
        for (const list of lists) assert.deepEqual(list, lists[0], "all processes see the same");
        return lists[0] ?? [];
      };
      for (let n = 0; n < 6; n += 1) ids.push(await four.checkpoints.put("t", { n }));
      assert.deepEqual(await shown(), ids.slice(-4).toReversed());
      ids.push(await two.checkpoints.put("t", { n: 6 }));
      assert.deepEqual(await shown(), ids.slice(-2).toReversed());
      ids.push(await four.checkpoints.put("t", { n: 7 }));
      assert.deepEqual(await shown(), ids.slice(-3).toReversed());
      for (const id of ids.slice(0, -3)) assert.equal(await all.checkpoints.get("t", id), null);
    },
  ),
  storeCase(
    "swept-by-maintain",
    "what is hidden is freed by maintain, also when the process that hid it is gone",
    async ({ here, there }) => {
      const watch = watching();
      const store = here({ keepLast: 2, through: watch.through });
      for (let n = 0; n < 9; n += 1) await store.checkpoints.put("t", wholly(n));
      await maintained(there({ at: LATER }));
      assert.equal(await watch.count("c/"), 2);
      assert.deepEqual(await there().checkpoints.get("t"), wholly(8));
    },
  ),
  storeCase(
    "swept-under-a-reader",
    "a reader finds all of a checkpoint or nothing, wherever a sweep under it is cut short",
    async (bench) => {
      for (let cut = 1; cut < 6; cut += 1)
        for (let at = 0; at < 4; at += 1) {
          const thread = `t${cut} ${at}`;
          const { ids, states } = await aLine(bench.there(), thread, 4);
          const sweepNow = async (): Promise<void> => {
            await bench.there({ keepLast: 1 }).checkpoints.put(thread, wholly(cut));
            await cutShort(bench, cut);
          };
          const slow = bench.here({ through: before(sweepNow, (verb) => verb === "scan") });
          const read = await slow.checkpoints.get(thread, ids[at]);
          if (read !== null) assert.deepEqual(read, states[at], `cut after ${cut} writes`);
          // Maintenance starts anywhere: what is left of this thread must not use up the writes of the next round.
          await maintained(bench.there({ at: LATER }));
        }
    },
  ),
  storeCase(
    "pinned-stays",
    "the checkpoint that a run waits with stays, whatever the policy hides and a sweep frees around it",
    async ({ here, there }) => {
      const watch = watching();
      const store = here({ keepLast: 1, through: watch.through });
      await aLine(store, "t", 3);
      const pinned = await suspend(store, "t");
      for (let n = 0; n < 3; n += 1) await store.checkpoints.put("t", wholly(n));
      await maintained(there({ at: LATER }));
      assert.deepEqual(await there().checkpoints.get("t", pinned), { waits: true });
      assert.deepEqual((await listOf(there())).length, 2);
      await store.runs.cancel("run");
      await store.checkpoints.put("t", wholly(3));
      await maintained(there({ at: LATER + 2 * HOUR }));
      assert.equal(await there().checkpoints.get("t", pinned), null);
    },
  ),
  storeCase(
    "deleted-base",
    "what builds on a deleted checkpoint stays as it was once that one is freed, wherever sweeps are cut short",
    async (bench) => {
      for (let cut = 1; cut < 8; cut += 1) {
        const thread = `t${cut}`;
        const { ids, states } = await aLine(bench.here(), thread, 5);
        await bench.here().checkpoints.delete(thread, ids[1]);
        await bench.here().checkpoints.delete(thread, ids[0]);
        await cutShort(bench, cut);
        for (const look of ["cut short", "done"]) {
          for (const [at, id] of ids.entries())
            assert.deepEqual(
              await bench.there().checkpoints.get(thread, id),
              at < 2 ? null : states[at],
              `${look}, cut after ${cut} writes`,
            );
          await maintained(bench.there({ at: LATER }));
        }
      }
    },
  ),
  storeCase(
    "expired-for-all",
    "what has expired is freed once it has for every clock that may lag, and those that build on it stay",
    async ({ here, there }) => {
      const watch = watching();
      const store = here({ through: watch.through });
      const first = await store.checkpoints.put("t", longState(), { ttlMs: 1000 });
      const second = await store.checkpoints.append("t", {
        parentId: first,
        changes: [{ path: ["step"], set: 1 }],
      });
      await maintained(there({ at: THEN + 1000 }));
      assert.deepEqual(await there().checkpoints.get("t", first), longState());
      assert.equal(await there({ at: THEN + 1000 }).checkpoints.get("t", first), null);
      await maintained(there({ at: THEN + 4 * HOUR }));
      assert.equal(await watch.count("c/"), 1);
      const late = there({ at: THEN + 4 * HOUR }).checkpoints;
      assert.deepEqual(await late.get("t", second), longState(1));
    },
  ),
  storeCase(
    "old-operations",
    "records of operations are gone once they have expired, and threads that go on lose none before",
    async ({ here, there }) => {
      const watch = watching();
      const at = (days: number): Store => here({ at: THEN + days * DAY, through: watch.through });
      await at(0).checkpoints.put("t", { n: 0 }, { operationId: "first" });
      const second = await at(20).checkpoints.put("t", { n: 1 }, { operationId: "second" });
      await maintained(there({ at: THEN + 31 * DAY }));
      assert.equal(await watch.count("o/"), 1);
      const again = await at(32).checkpoints.put("t", { n: 2 }, { operationId: "second" });
      assert.equal(again, second);
      await maintained(there({ at: THEN + 62 * DAY }));
      assert.equal(await watch.count("o/"), 0);
    },
  ),
  storeCase(
    "old-operations-elsewhere",
    "records of operations in streams, memories and the directory are gone too once they have expired, and those that have not are not",
    async ({ here, there }) => {
      const touched = new Set<string>();
      let count: (() => Promise<number>) | undefined;
      const through = (backend: Backend): Backend => {
        count = async () => {
          let found = 0;
          for (const partition of touched) found += await countIn(backend, partition, "o/");
          return found;
        };
        return viewOf(backend, {
          write(partition, batch) {
            touched.add(partition);
            return backend.write(partition, batch);
          },
        });
      };
      const operate = async (day: number): Promise<void> => {
        const store = here({ at: THEN + day * DAY, through });
        const operationId = `o${day}`;
        await store.streams.append("s", [day], { operationId });
        await store.memory.write({ kind: "user" }, [{ id: "m", text: "a" }], { operationId });
        await store.threads.create("t");
        await store.threads.delete("t", { operationId });
        await store.for({ user: "nobody" }).erase({ operationId });
      };
      await operate(0);
      assert.equal(await count?.(), 4);
      await operate(20);
      await maintained(there({ at: THEN + 33 * DAY }));
      assert.equal(await count?.(), 4);
      const again = here({ at: THEN + 33 * DAY }).streams;
      assert.equal((await again.append("s", [20], { operationId: "o20" })).replayed, true);
      await maintained(there({ at: THEN + 53 * DAY }));
      assert.equal(await count?.(), 0);
    },
  ),
];

/** A backend that remembers which thread was read through it last, and counts what the engine holds of it, expired or not. */
function watching(): {
  readonly through: (backend: Backend) => Backend;
  readonly count: (prefix: string) => Promise<number>;
} {
  let count: ((prefix: string) => Promise<number>) | undefined;
  return {
    count: async (prefix) => (count ? count(prefix) : 0),
    through: (backend) =>
      viewOf(backend, {
        write(partition, batch) {
          const isThread = batch.writes.some((write) => write.op === "put" && write.key === "h");
          if (isThread) count = (prefix) => countIn(backend, partition, prefix);
          return backend.write(partition, batch);
        },
      }),
  };
}

async function countIn(backend: Backend, partition: string, prefix: string): Promise<number> {
  let count = 0;
  for (let from: string | undefined = prefix; from !== undefined; ) {
    const range = { from, to: `${prefix}~~`, limit: 100 };
    const page: Awaited<ReturnType<Backend["scan"]>> = await backend.scan(partition, range, 0);
    count += page.records.length;
    from = page.next;
  }
  return count;
}

async function maintained(store: Store): Promise<void> {
  const { failed } = await store.maintain(BUDGET);
  assert.deepEqual(failed, []);
}

/** Maintenance by a process that dies after so many writes to threads, and whose engine takes few deletions at once. */
async function cutShort({ here }: Bench, writes: number): Promise<void> {
  let left = writes;
  const store = here({
    at: LATER,
    through: (backend) =>
      viewOf(backend, {
        limits: { ...backend.limits, maxWrites: 5 },
        async write(partition, batch) {
          if (batch.writes.some((write) => "key" in write && write.key.startsWith("c/"))) left -= 1;
          if (left < 0) throw new StorageError("UNAVAILABLE", "The process was ended.");
          return backend.write(partition, batch);
        },
      }),
  });
  const { failed } = await store.maintain(BUDGET);
  for (const { error } of failed)
    assert.ok(isStorageError(error) && error.code === "UNAVAILABLE", String(error));
}

/** A line of checkpoints, whole at the start. */
async function aLine(
  { checkpoints }: Store,
  thread: string,
  length: number,
): Promise<{ readonly ids: readonly string[]; readonly states: readonly unknown[] }> {
  const ids = [await checkpoints.put(thread, longState())];
  for (let n = 1; n < length; n += 1)
    ids.push(
      await checkpoints.append(thread, {
        parentId: ids.at(-1) ?? "",
        changes: [{ path: ["step"], set: n }],
      }),
    );
  return { ids, states: ids.map((_, step) => longState(step)) };
}

function longState(step = 0): { readonly messages: readonly string[]; readonly step: number } {
  const messages = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(60, "."));
  return { messages, step };
}

/** States that have nothing in common, so that each is written whole. */
function wholly(n: number): { readonly text: string } {
  return { text: String.fromCodePoint(97 + n).repeat(200) };
}

async function listOf({ checkpoints }: Store): Promise<readonly string[]> {
  return (await checkpoints.list("t")).map(({ id }) => id);
}

/** A run suspends with a checkpoint, and waits for a person. */
async function suspend(store: Store, thread: string): Promise<string> {
  const lease = leaseOf(await store.runs.begin(thread, asks("run", "E1")));
  const call = { id: "c1", name: "refund", input: {} };
  const message = { role: "assistant", content: "", toolCalls: [call] } as const;
  const answer = { turn: 1, value: { message } };
  await store.commit(thread, { answer }, { operationId: "E1:m1", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const done = await store.commit(
    thread,
    {
      checkpoint: { state: { waits: true } },
      settle: { status: "suspended", turn: 1, approvals },
    },
    { operationId: "E1:s", lease },
  );
  return "checkpointId" in done ? (done.checkpointId ?? "") : "";
}
