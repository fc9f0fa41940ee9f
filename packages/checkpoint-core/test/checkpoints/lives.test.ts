import { expect, test } from "vitest";
import { createStore, mayBeOfLife, memoryBackend } from "../../src/index.ts";
import { ensureThread } from "../../src/store/life/life.ts";
import { aLine, more, putLine } from "./line.ts";
import { outcome, type Process } from "./processes.ts";

test("a list does not mix two lives", async () => {
  const { backend, two, fresh } = await aLine(4);
  const reader = fresh();
  const made: string[] = [];
  backend.before("scan", async () => {
    await two.context.thread("t").drop(0);
    await ensureThread(two.context, "t", { revive: true });
    for (let n = 0; n < 5; n += 1) made.unshift(await two.checkpoints.put("t", { n }));
  });
  expect((await reader.list("t")).map(({ id }) => id)).toEqual(made);
});

test("a dropped thread stays deleted for puts, warm, cold and appended", async () => {
  const { one, two, ids } = await aLine(2);
  await two.context.thread("t").drop(0);
  const append = { parentId: ids[1] ?? "", changes: more(11) };
  expect(await outcome(one.checkpoints.append("t", append))).toBe("DELETED");
  expect(await outcome(one.checkpoints.append("t", append))).toBe("DELETED");
  expect(await outcome(one.checkpoints.put("t", 1))).toBe("DELETED");
  expect(await outcome(two.checkpoints.put("t", 1, { expectedHead: ids[1] ?? "" }))).toBe(
    "DELETED",
  );
  expect(await one.checkpoints.get("t")).toBeNull();
});

/** The thread is dropped and begins another life, with a line in it that has the same ordinals. */
async function anotherLife(process: Process, length: number): Promise<readonly string[]> {
  await process.context.thread("t").drop(0);
  await ensureThread(process.context, "t", { revive: true });
  return putLine(process.checkpoints, length, "again");
}

test("what a process remembers of one life does not reach the next", async () => {
  const { one, two, ids, fresh } = await aLine(4);
  await one.checkpoints.get("t", ids[2]);
  const line = await anotherLife(two, 5);
  const changes = more(20);
  for (const branch of [false, true]) {
    const append = { parentId: ids[2] ?? "", changes, branch };
    expect(await outcome(one.checkpoints.append("t", append))).toBe("NOT_FOUND");
  }
  for (const id of ids) expect(await one.checkpoints.get("t", id)).toBeNull();
  await one.checkpoints.append("t", { parentId: line[4] ?? "", changes });
  const late = { parentId: ids[2] ?? "", changes, branch: true };
  expect(await outcome(one.checkpoints.append("t", late))).toBe("NOT_FOUND");
  const named = one.checkpoints.put("t", { n: 1 }, { parentId: ids[2] ?? "" });
  expect(await outcome(named)).toBe("NOT_FOUND");
  expect(await fresh().list("t")).toHaveLength(6);
});

test("a reader does not answer one life's checkpoint with another's records", async () => {
  const { backend, two, ids, fresh } = await aLine(4);
  const reader = fresh();
  backend.before("scan", () => anotherLife(two, 5));
  expect(await reader.get("t", ids[3])).toBeNull();
});

test("a checkpoint's id tells another life, and says nothing else", async () => {
  const store = createStore({ backend: memoryBackend() });
  const { life: first } = await store.threads.create("t");
  const own = await store.checkpoints.put("t", { a: 1 });
  const named = await store.checkpoints.put("t", { a: 2 }, { id: "mine" });
  await store.threads.delete("t");
  const { life: second } = await store.threads.create("t");
  const next = await store.checkpoints.put("t", { a: 1 });
  const asked = (id: string) => [first, second].map((life) => mayBeOfLife(id, life));
  expect([own, next].map(asked)).toEqual([
    [true, false],
    [false, true],
  ]);
  // A caller's own id, one of a checkpoint that cannot be read, and what is no id.
  for (const other of [named, "3-damaged", "1-abc", ""]) expect(asked(other)).toEqual([true, true]);
  expect(mayBeOfLife(own, first + 2 ** 24)).toBe(true);
});
