import { describe, expect, test } from "vitest";
import { type Backend, createStore, memoryBackend, type Store } from "../../src/index.ts";
import { answers, asks, call, leaseOf, REFUND } from "../runs/desk.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = 1_700_000_000_000;
const user = { kind: "user" } as const;

function at(backend: Backend, clock: number | (() => number)): Store {
  return createStore({ backend, now: typeof clock === "number" ? () => clock : clock });
}

/** A clock that reads so, call by call, and then stays. */
function reading(...instants: readonly number[]): () => number {
  let index = -1;
  return () => {
    index = Math.min(index + 1, instants.length - 1);
    return instants[index] ?? 0;
  };
}

async function wait(store: Store, threadId: string, expiresInMs: number): Promise<void> {
  const lease = leaseOf(await store.runs.begin(threadId, asks(`run of ${threadId}`, "E")));
  const operation = (operationId: string) => ({ operationId, lease });
  await store.commit(threadId, answers(1, "", [call("c1")]), operation("m"));
  const approvals = [{ ...REFUND, expiresInMs }];
  await store.commit(
    threadId,
    { settle: { status: "suspended", turn: 1, approvals } },
    operation("s"),
  );
}

/** Something of everything, under an operation of this name. */
async function writeAll(store: Store, name: string): Promise<void> {
  const operation = { operationId: name };
  await store.threads.create(name);
  await store.history.append("t", [{ id: name, value: name }], operation);
  await store.checkpoints.put("t", { name }, { ...operation, ttlMs: 9 * DAY });
  await store.memory.write(user, [{ id: name, text: name }], operation);
  await store.streams.append("s", [name], { ...operation, ttlMs: 5 * DAY });
}

/** The store shows what was written last, and knows its operation. */
async function showsLast(store: Store, name: string, count: number): Promise<void> {
  expect(await store.checkpoints.get("t")).toEqual({ name });
  expect(await store.history.count("t")).toBe(count);
  expect((await store.streams.read("s")).next).toBe(count);
  expect((await store.memory.get(user, name))?.text).toBe(name);
  expect((await store.threads.list()).threads.map(({ id }) => id)).toContain(name);
  const again = await store.history.append("t", [{ value: 0 }], { operationId: name });
  expect(again.replayed).toBe(true);
}

describe("a clock that goes back a day", () => {
  test("between two looks at it keeps no deadline from passing: the work that was due is done", async () => {
    for (let turn = 0; turn < 48; turn += 1) {
      const backend = memoryBackend();
      await wait(at(backend, NOON), "t", HOUR);
      await at(backend, NOON).streams.append("s", ["x"], { ttlMs: HOUR });
      const late = Array.from({ length: turn }, () => NOON + 3 * HOUR);
      const first = await at(backend, reading(...late, NOON - DAY)).maintain({ ms: 60_000 });
      const last = await at(backend, NOON + 3 * HOUR).maintain({ ms: 60_000 });
      expect([...first.failed, ...last.failed]).toEqual([]);
      expect([...first.wakes, ...last.wakes], `turn ${turn}`).toHaveLength(1);
      expect(await at(backend, NOON + 3 * HOUR).approvals.pending()).toEqual({ approvals: [] });
      await expect(at(backend, NOON).streams.read("s")).rejects.toMatchObject({ code: "DELETED" });
    }
  });

  test("within a process loses nothing that was acknowledged, and hinders nothing that follows", async () => {
    const backend = memoryBackend();
    let now = NOON;
    const store = at(backend, () => now);
    await store.threads.create("first");
    for (let step = 0; step < 12; step += 1) {
      now = NOON + ([0, DAY, -DAY, HOUR][step % 4] ?? 0) + step;
      await store.history.append("t", [{ id: `e${step}`, value: step }], {
        operationId: `h${step}`,
      });
      await store.checkpoints.put("t", { step }, { operationId: `c${step}` });
      await store.memory.write(user, [{ id: `m${step}`, text: `step ${step}` }]);
      await store.streams.append("s", [step], { operationId: `s${step}` });
      await wait(store, `t${step}`, HOUR);
      expect((await store.maintain({ ms: 60_000 })).failed).toEqual([]);
    }
    const steps = Array.from({ length: 12 }, (_, step) => step);
    for (const clock of [NOON - 2 * DAY, NOON, NOON + 2 * DAY]) {
      const seen = at(backend, clock);
      expect((await seen.history.read("t")).map(({ value }) => value)).toEqual(steps);
      expect(await seen.checkpoints.list("t")).toHaveLength(12);
      expect(await seen.checkpoints.get("t")).toEqual({ step: 11 });
      expect((await seen.memory.list(user)).memories.map(({ id }) => id)).toEqual(
        steps.map((step) => `m${step}`).toReversed(),
      );
      expect((await seen.streams.read("s")).events.map(({ value }) => value)).toEqual(steps);
      expect((await seen.threads.list()).threads).toHaveLength(14);
      expect((await seen.runs.list()).runs).toHaveLength(12);
      for (const step of steps) {
        const again = await seen.history.append("t", [{ value: 0 }], { operationId: `h${step}` });
        expect(again.replayed).toBe(true);
        const streamed = await seen.streams.append("s", [0], { operationId: `s${step}` });
        expect(streamed).toMatchObject({ first: step, replayed: true });
      }
    }
    now = NOON + 3 * DAY;
    await store.maintain({ ms: 60_000 });
    expect(await store.approvals.pending()).toEqual({ approvals: [] });
    const threads = (await store.threads.list()).threads.map(({ id }) => id);
    await store.history.append("first", [{ id: "e", value: 1 }]);
    expect((await store.threads.list()).threads.map(({ id }) => id)).toEqual([
      "first",
      ...threads.filter((id) => id !== "first"),
    ]);
  });
});

describe("processes whose clocks are a day apart", () => {
  test("see what the others have acknowledged, in each order, and free nothing that is wanted", async () => {
    for (const order of [
      [-DAY, 0, DAY],
      [DAY, 0, -DAY],
      [0, DAY, -DAY],
    ]) {
      const backend = memoryBackend();
      const stores = order.map((skew) =>
        createStore({ backend, keepLast: 3, now: () => NOON + skew }),
      );
      for (let round = 0; round < 4; round += 1)
        for (const [index, store] of stores.entries()) {
          const name = `${round}.${index}`;
          await writeAll(store, name);
          for (const other of stores) {
            expect((await other.maintain({ ms: 60_000 })).failed).toEqual([]);
            await showsLast(other, name, round * 3 + index + 1);
          }
        }
      const [first] = stores;
      await first?.erase({ operationId: "op" });
      for (const store of stores) {
        expect((await store.threads.list()).threads).toEqual([]);
        expect(await store.threads.get("t")).toBeUndefined();
        expect((await store.memory.list(user)).memories).toEqual([]);
      }
      for (const store of stores) await store.threads.create("after");
      expect((await first?.threads.list())?.threads).toHaveLength(1);
    }
  });

  test("decide a deadline once, whoever is first, and wake for it once it has passed for all", async () => {
    for (const order of [
      [-DAY, DAY],
      [DAY, -DAY],
    ]) {
      const backend = memoryBackend();
      const [asker, other] = order.map((skew) => at(backend, NOON + skew));
      if (!asker || !other) throw new Error("Two stores are needed.");
      await wait(asker, "t", HOUR);
      const early = await other.maintain({ ms: 60_000 });
      expect(early.wakes).toHaveLength(order[1] === DAY ? 1 : 0);
      const late = await at(backend, NOON + DAY + HOUR).maintain({ ms: 60_000 });
      expect(early.wakes.length + late.wakes.length).toBe(1);
      expect(await asker.approvals.pending()).toEqual({ approvals: [] });
    }
  });
});
