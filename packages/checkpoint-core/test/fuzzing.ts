import assert from "node:assert/strict";
import * as fc from "fast-check";
import { encodeText } from "../src/codec/text.ts";
import type { Store } from "../src/index.ts";
import { values as anyValue } from "./codec/values.ts";

/** A store that writes and reads what it has just written, and one that has seen nothing of it: of another process. */
export interface Sides {
  readonly warm: Store;
  readonly cold: Store;
}

/** Values that go through one store, one after the other. */
const AT_A_TIME = 25;

const NEIGHBOUR = { plain: "as it was", at: 5 };

/** So many runs, each of 25 fuzzed values on empty stores of its own: see {@link goThrough}. */
export async function fuzzStores(runs: number, open: (run: number) => Sides): Promise<void> {
  const values = fc.array(anyValue, { minLength: AT_A_TIME, maxLength: AT_A_TIME });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(values, async (all) => {
      run += 1;
      await goThrough(open(run), all);
    }),
    { numRuns: runs },
  );
}

/**
 * Every value goes through the checkpoints, the history, the memory and the streams of a store, and comes back as it was to whoever wrote it and to whoever did not. After each of them what
 * stands beside it, in its thread and in another one, reads as before.
 */
async function goThrough({ warm, cold }: Sides, values: readonly unknown[]): Promise<void> {
  await warm.checkpoints.put("beside", NEIGHBOUR);
  await warm.history.append("beside", [{ id: "m", value: NEIGHBOUR }]);
  const ids: string[] = [];
  for (const [at, value] of values.entries()) {
    const state = { value, at };
    ids.push(await warm.checkpoints.put("t", state));
    await warm.history.append("t", [{ id: `m${at}`, value }]);
    const memory = { id: `m${at}`, text: `about ${at}`, metadata: { value } };
    await warm.memory.write({ kind: "user" }, [memory]);
    await warm.streams.append("s", [value], { operationId: `s${at}` });
    for (const store of [warm, cold]) {
      same(await store.checkpoints.get("t"), state);
      same((await store.history.read("t", { limit: 1 }))[0]?.value, value);
      same((await store.memory.get({ kind: "user" }, `m${at}`))?.metadata, { value });
      same((await store.streams.read("s", at)).events[0]?.value, value);
      same(await store.checkpoints.get("beside"), NEIGHBOUR);
      same((await store.history.read("beside"))[0]?.value, NEIGHBOUR);
    }
  }
  await warm.streams.end("s");
  for (const store of [warm, cold]) await allStand(store, values, ids);
}

/** None poisons another: the lists show all of them, and each reads as it was. */
async function allStand(
  store: Store,
  values: readonly unknown[],
  ids: readonly string[],
): Promise<void> {
  const listed = await store.checkpoints.list("t");
  assert.deepEqual(listed.map(({ id }) => id).toReversed(), ids);
  for (const [at, id] of ids.entries())
    same(await store.checkpoints.get("t", id), { value: values[at], at });
  same(
    (await store.history.read("t")).map(({ value }) => value),
    values,
  );
  const followed: unknown[] = [];
  for await (const { value } of store.streams.follow("s")) followed.push(value);
  same(followed, values);
  const { memories } = await store.memory.list({ kind: "user" }, { limit: values.length });
  same(new Set(memories.map(({ id }) => id)).size, values.length);
  const found = await store.memory.search({ kind: "user" }, "about 3", { limit: 1 });
  same(
    found.memories.map(({ memory }) => memory.id),
    values.length > 3 ? ["m3"] : [],
  );
}

function same(found: unknown, wanted: unknown): void {
  assert.equal(encodeText(found), encodeText(wanted));
}
