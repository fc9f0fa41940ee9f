import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  StorageError,
  type Store,
} from "../../src/index.ts";
import type { EncryptionOptions, SealingOptions } from "../../src/store/sealing/options.ts";
import { key } from "../pieces/shelf.ts";
import { watched } from "../threads/raw.ts";
import { wrapBackend } from "../wrap.ts";
import { outcome } from "./processes.ts";

const THEN = 1_700_000_000_000;
const LATER = THEN + 3 * 60 * 60 * 1000;

/** How a store sealed before its key was changed, while it is, and afterwards. */
interface Change {
  readonly before: SealingOptions;
  readonly both: SealingOptions;
  readonly after: SealingOptions;
  readonly code: string;
}

const encryption: EncryptionOptions = { keys: { two: key(2) }, current: "two" };
const two: SealingOptions = { encryption };
const retired: Change = {
  before: { encryption: { keys: { one: key(1) }, current: "one" } },
  both: { encryption: { keys: { one: key(1), two: key(2) }, current: "two" } },
  after: two,
  code: "KEY_MISSING",
};
const replaced: Change = {
  ...retired,
  after: { encryption: { keys: { one: key(9), two: key(2) }, current: "two" } },
  code: "WRONG_KEY",
};
const switchedOn: Change = {
  before: {},
  both: { encryption: { ...encryption, acceptPlaintextBefore: new Date(LATER + 1) } },
  after: two,
  code: "PLAINTEXT",
};
const changes = [retired, replaced, switchedOn].map((change) => [change.code, change] as const);

const at = (backend: Backend, sealing: SealingOptions, now = THEN): Store =>
  createStore({ ...sealing, backend, now: () => now });

/** Two checkpoints of each key. */
async function halves(
  backend: Backend,
  { before, both }: Change,
  keepLast?: number,
): Promise<readonly string[]> {
  const old = at(backend, before).checkpoints;
  const ids = [await old.put("t", { n: 0 }), await old.put("t", { n: 1 })];
  const kept = keepLast === undefined ? {} : { keepLast };
  const { checkpoints } = createStore({ ...both, ...kept, backend, now: () => THEN });
  return [
    ...ids,
    await checkpoints.put("t", { other: "x".repeat(200) }),
    await checkpoints.put("t", { n: "y".repeat(200) }),
  ];
}

test.each(changes)(
  "what wants another key hides nothing but itself in a list: %s",
  async (code, change) => {
    const backend = memoryBackend();
    const ids = await halves(backend, change);
    const { checkpoints } = at(backend, change.after);
    const list = await checkpoints.list("t");
    expect(list.map(({ id, damaged }) => [id, damaged])).toEqual([
      [ids[3], undefined],
      [ids[2], undefined],
      ["2-damaged", code],
      ["1-damaged", code],
    ]);
    expect(await checkpoints.list("t", { before: "2-damaged" })).toMatchObject([{ damaged: code }]);
    expect(await checkpoints.get("t")).toEqual({ n: "y".repeat(200) });
    expect(await checkpoints.get("t", ids[2])).toEqual({ other: "x".repeat(200) });
    for (const id of [ids[1] ?? "", "2-damaged"]) {
      expect(await outcome(checkpoints.get("t", id))).toBe(code);
      expect(await outcome(checkpoints.record("t", id))).toBe(code);
      expect(await outcome(checkpoints.delete("t", id))).toBe(code);
    }
    const whole = await at(backend, change.both).checkpoints.list("t");
    expect(whole.map(({ id }) => id)).toEqual(ids.toReversed());
  },
);

test.each(changes)(
  "no sweep frees or rewrites for want of a key, and one that has it does: %s",
  async (code, change) => {
    const { backend, records } = watched(memoryBackend());
    const ids = await halves(backend, change, 1);
    const stored = async (): Promise<readonly string[]> =>
      (await records()).filter((record) => / c\//.test(record));
    const before = await stored();
    expect(before.length).toBe(4);
    const { failed } = await at(backend, change.after, LATER).maintain({ ms: 60_000 });
    expect(new Set(failed.map(({ error }) => (error as { code?: string }).code))).toEqual(
      new Set([code]),
    );
    expect(await stored()).toEqual(before);
    await at(backend, change.both, LATER).maintain({ ms: 60_000 });
    expect((await stored()).length).toBe(1);
    expect(await at(backend, change.after).checkpoints.get("t", ids[3])).toEqual({
      n: "y".repeat(200),
    });
  },
);

test.each(changes)(
  "no sweep of a history frees entries and leaves their ids for want of a key: %s",
  async (code, change) => {
    const { backend, records } = watched(memoryBackend());
    const entries = ["a", "b"].map((id) => ({ id, value: id }));
    await at(backend, change.before).history.append("t", entries);
    const { history } = at(cutOffSweeps(backend), change.both);
    await history.append("t", [{ id: "c", value: "c" }]);
    await history.clear("t");
    const stored = async (): Promise<readonly string[]> =>
      (await records()).filter((record) => /^t[/]-[/]1.t [ei][/]/.test(record));
    const before = await stored();
    expect(before.length).toBeGreaterThan(2);
    const { failed } = await at(backend, change.after, LATER).maintain({ ms: 60_000 });
    expect(failed.map(({ error }) => (error as { code?: string }).code)).toContain(code);
    expect(await stored()).toEqual(before);
    expect((await at(backend, change.both, LATER).maintain({ ms: 60_000 })).failed).toEqual([]);
    expect(await stored()).toEqual([]);
  },
);

/** A process that is killed before it has freed what it hid. */
function cutOffSweeps(backend: Backend): Backend {
  return wrapBackend(backend, {
    write(partition, batch) {
      const frees = batch.writes.some(({ op, ...write }) => {
        return op === "delete" && "key" in write && write.key.startsWith("e/");
      });
      if (frees) throw new StorageError("UNAVAILABLE", "The process was killed.");
      return backend.write(partition, batch);
    },
  });
}

test("a list across threads that wants another key says which record of which thread", async () => {
  const backend = memoryBackend();
  await at(backend, retired.before).threads.create("old one", { title: "Old" });
  await at(backend, retired.both).threads.create("new one");
  await at(backend, retired.before).memory.write({ kind: "user" }, [{ id: "m", text: "a" }]);
  const { threads, memory, runs, history } = at(backend, two);
  await at(backend, retired.before).runs.start("old one", { runId: "r" });
  await at(backend, retired.before).history.append("old one", [{ id: "e", value: 1 }]);
  await at(backend, retired.both).history.append("old one", [{ id: "f", value: 2 }]);
  const lists: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["t/-/7.old~0020one", () => threads.get("old one")],
    ["m/", () => memory.list({ kind: "user" })],
    ["m/", () => memory.search({ kind: "user" }, "a")],
  ];
  for (const [place, list] of lists)
    await expect(list()).rejects.toMatchObject({
      code: "KEY_MISSING",
      message: expect.stringContaining(` of ${place}`),
    });
  expect((await threads.list()).unreadable).toMatchObject([
    { threadId: "old one", message: expect.stringContaining(" of t/-/7.old~0020one") },
  ]);
  expect((await runs.list()).unreadable).toMatchObject([
    { runId: "r", message: expect.stringContaining(" of r/") },
  ]);
  const told: string[] = [];
  const read = await history.read("old one", { onDamaged: (_place, { code }) => told.push(code) });
  expect([read.map(({ id }) => id), told]).toEqual([["f"], ["KEY_MISSING"]]);
});
