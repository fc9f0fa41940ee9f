import assert from "node:assert/strict";
import type { Backend } from "../../backend/contract.ts";
import { StorageError } from "../../errors.ts";
import type { Store } from "../../store/contract.ts";
import { type Bench, narrow, type StoreCase, storeCase, THEN, viewOf } from "./bench.ts";

const HOUR = 60 * 60 * 1000;

/** Values over what a record of an engine holds: they stand in several, and nobody sees that. */
export const storedLargeValues: readonly StoreCase[] = [
  storeCase(
    "large-values",
    "a value of any size is kept on an engine of small records, which gets none that it does not hold",
    async ({ here, there }) => {
      const store = here({ through: strict() });
      const state = { text: incompressible(60_000, 1), list: [new Date(0), 1n] };
      const id = await store.checkpoints.put("t", state);
      const { cursors } = await store.history.append("t", [
        { id: "small", value: 1 },
        { id: "large", value: incompressible(30_000, 2) },
      ]);
      assert.equal(cursors.length, 2);
      const other = there({ through: strict() });
      assert.deepEqual(await other.checkpoints.get("t", id), state);
      const entries = await other.history.read("t");
      assert.deepEqual(
        entries.map(({ value }) => value),
        [1, incompressible(30_000, 2)],
      );
      assert.deepEqual(
        (await other.checkpoints.list("t")).map((record) => record.id),
        [id],
      );
    },
  ),
  storeCase(
    "large-values-freed",
    "what large values leave behind is freed: those that were replaced, and those whose writer died",
    async (bench) => {
      const partitions = new Set<string>();
      const { store, raw } = watched(bench, partitions);
      for (const size of [30_000, 40_000])
        await store.history.upsert("t", [{ id: "m", value: incompressible(size, 1) }]);
      let writes = 0;
      const dying = watched(bench, partitions, (backend) =>
        viewOf(backend, {
          write(...call) {
            writes += 1;
            if (writes > 5) return Promise.reject(new StorageError("UNAVAILABLE", "Gone."));
            return backend.write(...call);
          },
        }),
      );
      await assert.rejects(dying.store.history.append("u", [{ value: incompressible(90_000, 1) }]));
      await maintainFor(bench, 3);
      assert.equal(await uploadsIn(raw(), partitions), 1, "uploads that are left");
      const [entry] = await bench.there().history.read("t");
      assert.equal(entry?.value, incompressible(40_000, 1));
    },
  ),
  storeCase(
    "large-value-under-sweep",
    "a sweep in the middle of a slow write of a large value never leaves a part of it",
    async ({ here, there }) => {
      for (let at = 0; at < 12; at += 1) {
        const threadId = `t${at}`;
        const value = incompressible(60_000, at);
        let writes = 0;
        const slow = (backend: Backend): Backend =>
          viewOf(narrow(new Set())(backend), {
            async write(...call) {
              writes += 1;
              if (writes === at + 1) await there({ at: THEN + 3 * HOUR }).maintain({ ms: 60_000 });
              return backend.write(...call);
            },
          });
        await here({ through: slow }).checkpoints.put(threadId, value);
        assert.equal(await there().checkpoints.get(threadId), value, `before write ${at}`);
      }
    },
  ),
];

/** A narrow engine that refuses what it does not hold. */
function strict(): (backend: Backend) => Backend {
  return (backend) => {
    const small = narrow(new Set())(backend);
    return viewOf(small, {
      async write(partition, batch) {
        const sizes = batch.writes.map((write) => ("value" in write ? write.value.byteLength : 0));
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const { maxValueBytes, maxWriteBytes, maxWrites } = small.limits;
        if (Math.max(...sizes) > maxValueBytes || total > maxWriteBytes || sizes.length > maxWrites)
          throw new StorageError("BACKEND", "The engine does not hold this.");
        return small.write(partition, batch);
      },
    });
  };
}

function watched(
  { here }: Bench,
  partitions: Set<string>,
  more: (backend: Backend) => Backend = (same) => same,
): { readonly store: Store; readonly raw: () => Backend } {
  let seen: Backend | undefined;
  const store = here({
    through(backend) {
      seen = backend;
      return more(narrow(partitions)(backend));
    },
  });
  return {
    store,
    raw() {
      assert.ok(seen);
      return seen;
    },
  };
}

/** Maintains as hours pass. */
async function maintainFor({ there }: Bench, hours: number): Promise<void> {
  for (let hour = 1; hour <= hours; hour += 1) {
    const report = await there({ at: THEN + hour * HOUR }).maintain({ ms: 60_000 });
    assert.deepEqual(report.failed, []);
  }
}

/** The uploads to which the pieces in these partitions belong. */
async function uploadsIn(backend: Backend, partitions: ReadonlySet<string>): Promise<number> {
  const uploads = new Set<string>();
  for (const name of partitions)
    for (const prefix of ["p/", "u/"]) {
      const range = { from: prefix, to: `${prefix}~`, limit: 1000 };
      const { records } = await backend.scan(name, range, THEN);
      for (const { key } of records) uploads.add(key.split("/", 2)[1] ?? "");
    }
  return uploads.size;
}

/** Text that no compression makes short. */
function incompressible(length: number, seed: number): string {
  let state = seed + 1;
  const units = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    state = (state * 48_271) % 2_147_483_647;
    units[at] = 33 + ((state >>> 8) % 94);
  }
  return new TextDecoder().decode(units);
}
