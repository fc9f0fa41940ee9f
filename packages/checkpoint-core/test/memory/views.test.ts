import { expect, test } from "vitest";
import { createStore, memoryBackend } from "../../src/index.ts";
import { openPartition } from "../../src/store/partition.ts";
import type { Place } from "../../src/store/memory/place.ts";
import { memoryKeys } from "../../src/store/memory/record.ts";
import { memoryViews } from "../../src/store/memory/views.ts";
import { words } from "../../src/memory/words.ts";
import { partitionName } from "../../src/backend/keys.ts";

const backend = memoryBackend();

function placeOf(agent: string): Place {
  const listing = { kind: "m", parts: ["agent", agent] } as const;
  const partition = openPartition(backend, partitionName("m", [undefined, ...listing.parts]));
  return { within: { kind: "agent", agent }, partition, root: "", listing };
}

test("forgets the views that were used longest ago, and keeps what fits", async () => {
  const { memory } = createStore({ backend });
  const views = memoryViews(30_000);
  const cutter = words();
  for (const agent of ["a", "b", "c"])
    await memory.write({ kind: "agent", agent }, [{ id: "x", text: `${agent} `.repeat(6000) }]);
  const [a, b, c] = [placeOf("a"), placeOf("b"), placeOf("c")];
  const first = views.of(a);
  const second = views.of(b);
  for (const place of [a, b, c]) await views.of(place).refresh(place, cutter, 0);
  expect(first.bytes).toBeGreaterThan(12_000);
  views.of(a);
  views.trim();
  expect(views.of(a)).toBe(first);
  expect(views.of(b)).not.toBe(second);
});

test("counts the vectors that a view holds, and takes away what an update replaces", async () => {
  const { memory } = createStore({ backend });
  const within = { kind: "agent", agent: "d" } as const;
  await memory.write(within, [{ id: "x", text: "tea" }]);
  const view = memoryViews().of(placeOf("d"));
  await view.refresh(placeOf("d"), words(), 0);
  const before = view.bytes;
  const [[, kept] = [0, undefined]] = [...view.kept.all()];
  if (kept) view.embed(kept, new Float32Array(1000));
  expect(view.bytes).toBe(before + 4000);
  await memory.update(within, [{ id: "x", text: "tea" }]);
  await view.refresh(placeOf("d"), words(), 0);
  expect(view.bytes).toBe(before);
});

test("a scope of which a memory is lost is CORRUPT, never a smaller one", async () => {
  const { memory } = createStore({ backend });
  const within = { kind: "agent", agent: "e" } as const;
  await memory.write(within, [
    { id: "x", text: "tea" },
    { id: "y", text: "tea" },
  ]);
  await memory.search(within, "tea");
  const { partition } = placeOf("e");
  const key = memoryKeys("").memory(1);
  await partition.write([{ op: "delete", key, expect: "present" }], 0);
  const cold = createStore({ backend }).memory.search(within, "tea");
  await expect(cold).rejects.toMatchObject({ code: "CORRUPT" });
});

test("store.erase() takes the user's memories and those that agents have of the user", async () => {
  const store = createStore({ backend: memoryBackend(), scope: { user: "ann" } });
  const other = store.for({ user: "bob" });
  const scopes = [
    { kind: "user" },
    { kind: "agent", agent: "planner" },
    { kind: "thread", threadId: "of ann" },
  ] as const;
  for (const within of scopes) await store.memory.write(within, [{ id: "x", text: "tea" }]);
  await other.memory.write({ kind: "user" }, [{ id: "x", text: "tea" }]);
  await store.memory.search(scopes, "tea");
  await store.erase({ operationId: "erase ann" });
  for (const within of scopes.slice(0, 2)) {
    expect(await store.memory.list(within)).toEqual({ memories: [] });
    expect((await store.memory.search(within, "tea")).searched).toBe(0);
  }
  expect((await other.memory.search({ kind: "user" }, "tea")).searched).toBe(1);
  await store.memory.write({ kind: "user" }, [{ id: "new", text: "tea" }]);
  await store.erase({ operationId: "erase ann again" });
  expect(await store.memory.list({ kind: "user" })).toEqual({ memories: [] });
});
