import { expect, test } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  StorageError,
  type Store,
} from "../../src/index.ts";
import { asks, leaseOf } from "../../src/conformance/store/bench.ts";
import { cutOff } from "../../src/conformance/store/cutOff.ts";
import { storeContext } from "../../src/store/context.ts";
import { encodeValue } from "../../src/store/partition.ts";
import { belongingWrite } from "../../src/store/life/belongings.ts";
import { lifeCheck } from "../../src/store/life/life.ts";
import { key } from "../pieces/shelf.ts";
import { losingAcknowledgements, wrapBackend } from "../wrap.ts";
import { leftOf, watched } from "./raw.ts";

const THEN = 1_700_000_000_000;
const LATER = THEN + 10 * 60_000;
const YEAR = 365 * 24 * 60 * 60 * 1000;
/** More calls than a deletion makes. */
const MOST_CALLS = 300;

const at = (backend: Backend, now = THEN): Store => createStore({ backend, now: () => now });

/** A thread with all that can belong to it: runs more than one page of them, a stream, a memory. */
async function fill(store: Store, id: string, runs = 3): Promise<void> {
  const hers = store.for({ user: "ann" });
  await hers.threads.create(id, { title: id });
  await hers.history.append(id, [{ id: "e", value: id }]);
  await hers.checkpoints.put(id, { id });
  await ask(hers, id);
  for (let index = 0; index < runs; index += 1)
    await hers.runs.start(id, { runId: `${id} run ${index}` });
  await hers.streams.append(`${id} stream`, [{ id }], { threadId: id, operationId: "op" });
  await hers.memory.write({ kind: "thread", threadId: id }, [{ id: "m", text: `memory of ${id}` }]);
}

/** A run that waits for a person. */
async function ask(store: Store, id: string): Promise<void> {
  const lease = leaseOf(await store.runs.begin(id, asks(`${id} asking`, "E1")));
  const call = { id: "c1", name: "refund", input: id };
  const message = { role: "assistant", content: id, toolCalls: [call] } as const;
  await store.commit(id, { answer: { turn: 1, value: { message } } }, { operationId: "m", lease });
  const approvals = [{ callId: call.id, tool: call.name, input: call.input }];
  const settle = { status: "suspended", turn: 1, approvals } as const;
  await store.commit(id, { checkpoint: { state: { id } }, settle }, { operationId: "s", lease });
}

test("deletes what belongs to the thread in every partition", async () => {
  const { backend, records } = watched(memoryBackend());
  const store = at(backend);
  await fill(store, "victim", 250);
  await fill(store, "other");
  const before = leftOf(await records(), "other");
  expect(leftOf(await records(), "victim").length).toBeGreaterThan(before.length);
  expect(before.length).toBeGreaterThan(25);
  await store.threads.delete("victim", { memory: true });
  expect(leftOf(await records(), "victim")).toEqual([]);
  expect(leftOf(await records(), "other")).toEqual(before);
  const late = store
    .for({ user: "ann" })
    .streams.append("victim stream", [1], { threadId: "victim" });
  await expect(late).rejects.toMatchObject({ code: "DELETED" });
});

test("a partition that was registered with the thread goes with it, and a late writer to it is DELETED", async () => {
  const { backend, records } = watched(memoryBackend());
  const store = at(backend);
  const { life: revision } = await store.threads.create("t");
  const context = storeContext(
    { backend, now: () => THEN, operationTtlMs: YEAR, ready: () => Promise.resolve() },
    {},
  );
  const body = { kind: "x", parts: ["t", "body 1"] };
  const life = lifeCheck({ revision, createdAt: THEN });
  await context.thread("t").write([life, belongingWrite(context, body)], THEN);
  const put = { op: "put", key: "body", value: encodeValue("large"), expect: "any" } as const;
  const partition = context.partition(body.kind, body.parts);
  await partition.write([put], THEN);
  await store.threads.delete("t");
  expect((await records()).filter((record) => record.startsWith("x/"))).toEqual([]);
  await expect(partition.write([put], THEN)).rejects.toMatchObject({ code: "DELETED" });
});

test("memories of a deleted thread stay where nobody asked for their end, and no new life sees them", async () => {
  const { backend, records } = watched(memoryBackend());
  const store = at(backend);
  await fill(store, "t");
  await store.threads.delete("t");
  expect(
    (await records()).filter((record) => record.includes("memory of t")).length,
  ).toBeGreaterThan(0);
  const ann = store.for({ user: "ann" });
  await ann.threads.create("t");
  expect((await ann.memory.list({ kind: "thread", threadId: "t" })).memories).toEqual([]);
});

test.each(["before", "after"])(
  "a deletion that dies %s any of its calls is finished by maintain, and leaves nothing",
  async (when) => {
    for (let calls = 0; calls < MOST_CALLS; calls += 1) {
      const { backend, records } = watched(memoryBackend());
      await fill(at(backend), "victim");
      const dying = cutOff(calls)(backend);
      const cut = when === "before" ? dying : losingLast(dying, backend);
      const [outcome] = await Promise.allSettled([
        at(cut).threads.delete("victim", { memory: true, operationId: "op" }),
      ]);
      const finisher = at(backend, LATER);
      const report = await finisher.maintain({ ms: 60_000 });
      expect(report.failed).toEqual([]);
      const survives = (await finisher.threads.get("victim")) !== undefined;
      if (survives)
        expect((await records()).filter((record) => record.includes("w/drop/"))).toEqual([]);
      else expect(leftOf(await records(), "victim")).toEqual([]);
      if (outcome.status === "fulfilled") return;
    }
    throw new Error(`A deletion makes more than ${MOST_CALLS} calls.`);
  },
);

/** The backend, whose first refused call happens all the same. */
function losingLast(dying: Backend, backend: Backend): Backend {
  let dead = false;
  const once = async <T>(asked: () => Promise<T>, done: () => Promise<T>): Promise<T> => {
    try {
      return await asked();
    } catch (error) {
      if (!dead) await done().catch(() => undefined);
      dead = true;
      throw error;
    }
  };
  return wrapBackend(dying, {
    write: (...call) =>
      once(
        () => dying.write(...call),
        () => backend.write(...call),
      ),
    drop: (...call) =>
      once(
        () => dying.drop(...call),
        () => backend.drop(...call),
      ),
  });
}

test("a deletion that stood still for long ends no life that began meanwhile, nor its runs and streams", async () => {
  for (let calls = 0; calls < MOST_CALLS; calls += 1) {
    const { backend } = watched(memoryBackend());
    await fill(at(backend), "t");
    let index = -1;
    let born: number | undefined;
    const meanwhile = async (): Promise<void> => {
      index += 1;
      if (index !== calls) return;
      const other = at(backend, LATER);
      await other.threads.delete("t");
      await fill(other, "t");
      born = (await other.threads.get("t"))?.life;
    };
    const slow = wrapBackend(backend, {
      read: async (...call) => (await meanwhile(), backend.read(...call)),
      scan: async (...call) => (await meanwhile(), backend.scan(...call)),
      write: async (...call) => (await meanwhile(), backend.write(...call)),
      drop: async (...call) => (await meanwhile(), backend.drop(...call)),
    });
    await at(slow).threads.delete("t", { operationId: "op" });
    if (born === undefined) return;
    const store = at(backend, LATER).for({ user: "ann" });
    await store.maintain({ ms: 60_000 });
    const thread = await store.threads.get("t");
    // Before the call's first look at the thread it is the new life that it was asked to end.
    if (calls === 0) expect(thread).toBeUndefined();
    else {
      expect([calls, thread?.life]).toEqual([calls, born]);
      expect((await store.runs.get("t run 1"))?.threadId).toBe("t");
      expect((await store.streams.read("t stream")).events.length).toBe(1);
      expect((await store.threads.list()).threads.map(({ id }) => id)).toEqual(["t"]);
    }
  }
  throw new Error(`A deletion makes more than ${MOST_CALLS} calls.`);
});

test("a note that is found by several processes at once is done once, and harms no new life", async () => {
  const { backend, records } = watched(memoryBackend());
  await fill(at(backend), "t");
  await at(cutOff(8)(backend))
    .threads.delete("t")
    .catch(() => undefined);
  await Promise.all([1, 2, 3].map(async () => at(backend, LATER).maintain({ ms: 60_000 })));
  expect((await records()).filter((record) => record.includes("w/drop/"))).toEqual([]);
  const born = await at(backend, LATER).threads.create("t");
  await at(backend, LATER + YEAR).maintain({ ms: 60_000 });
  expect(await at(backend).threads.get("t")).toEqual(born);
});

test("a creation during a deletion that was cut short finishes it, and begins another life", async () => {
  for (let calls = 4; calls < 40; calls += 1) {
    const { backend, records } = watched(memoryBackend());
    const store = at(backend).for({ user: "ann" });
    await fill(at(backend), "t");
    const first = (await store.threads.get("t"))?.life ?? 0;
    const cut = at(cutOff(calls)(backend)).threads.delete("t", { memory: true });
    const cutShort = await cut.then(
      () => false,
      () => true,
    );
    if ((await store.threads.get("t")) !== undefined) continue;
    const born = await store.threads.create("t", { title: "new" });
    expect(born.life).toBeGreaterThan(first);
    await at(backend, LATER).maintain({ ms: 60_000 });
    expect(await store.threads.get("t")).toEqual(born);
    expect((await store.threads.list()).threads).toEqual([born]);
    expect((await records()).filter((record) => record.includes("w/drop/"))).toEqual([]);
    if (!cutShort) return;
  }
});

test("a drop that was cut behind its tombstone is called again by maintain, the thread's and its streams'", async () => {
  const inner = memoryBackend();
  const halfDropped = new Set<string>();
  const begun = new Set<string>();
  const backend = wrapBackend(inner, {
    async drop(...call) {
      const [name] = call;
      await inner.drop(...call);
      if (begun.has(name)) {
        halfDropped.delete(name);
        return;
      }
      begun.add(name);
      halfDropped.add(name);
      throw new StorageError("UNAVAILABLE", "cut");
    },
  });
  await fill(at(backend), "t");
  let cuts = 0;
  for (let now = LATER; cuts < 10; cuts += 1, now += YEAR) {
    const done = await at(backend)
      .threads.delete("t")
      .catch(() => at(backend, now).maintain({ ms: 60_000 }));
    if (done === undefined) break;
  }
  await at(backend, LATER + 20 * YEAR).maintain({ ms: 60_000 });
  expect(begun.size).toBeGreaterThan(1);
  expect([...halfDropped]).toEqual([]);
});

test("an acknowledgement that is lost costs a retry, and nothing else", async () => {
  for (let lost = 0; lost < 12; lost += 1) {
    const { backend, records } = watched(memoryBackend());
    await fill(at(backend), "victim");
    const unlucky = losingAcknowledgements(backend, (index) => index === lost);
    await at(unlucky)
      .threads.delete("victim", { operationId: "op" })
      .catch(() => undefined);
    await at(unlucky).threads.delete("victim", { operationId: "op" });
    await at(backend, LATER).maintain({ ms: 60_000 });
    expect(
      leftOf(await records(), "victim").filter(
        (record) => !record.startsWith("m/") && !/ m\//.test(record),
      ),
    ).toEqual([]);
  }
});

test("a deletion that wants another key waits for it, and leaves nothing once it is there", async () => {
  const { backend, records } = watched(memoryBackend());
  const keys = { one: key(1), two: key(2) };
  const open = (names: readonly ("one" | "two")[], current: "one" | "two"): Store => {
    const known = Object.fromEntries(names.map((name) => [name, keys[name]]));
    return createStore({ backend, now: () => THEN, encryption: { keys: known, current } });
  };
  await open(["two"], "two").threads.create("victim");
  await open(["one", "two"], "one").runs.start("victim", { runId: "r" });
  const entries = async (): Promise<number> =>
    (await records()).filter((record) => /^(?:r|open)[/]/.test(record)).length;
  const before = await entries();
  await expect(open(["two"], "two").threads.delete("victim")).rejects.toMatchObject({
    code: "KEY_MISSING",
  });
  expect([before, await entries()]).toEqual([3, 3]);
  await open(["one", "two"], "two").threads.delete("victim");
  expect(await entries()).toBe(0);
});
