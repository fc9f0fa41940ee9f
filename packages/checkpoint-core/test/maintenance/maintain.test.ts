import { describe, expect, test } from "vitest";
import { type Backend, createStore, memoryBackend } from "../../src/index.ts";
import { storeContext, type StoreContext } from "../../src/store/context.ts";
import { maintain } from "../../src/store/maintenance/maintain.ts";
import type { Task } from "../../src/store/maintenance/task.ts";
import { wrapBackend } from "../wrap.ts";
import { dueAfter, type NotedWork, noteWork } from "../../src/store/maintenance/work.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** Notes and tasks over one backend, with a clock that the test moves. */
function desk(backend: Backend = memoryBackend()) {
  let now = 10 * DAY;
  let spent = 0;
  const base = { backend, now: () => now, operationTtlMs: 30 * DAY, ready: async () => undefined };
  const contextOf = (tenant?: string): StoreContext =>
    storeContext(base, tenant === undefined ? {} : { tenant });
  return {
    contextOf,
    tick: (ms: number) => (now += ms),
    spend: (ms: number) => (spent += ms),
    note: (subject: string, dueAt = now, tenant?: string) =>
      noteWork(contextOf(tenant), { kind: "k", subject, detail: { of: subject } }, dueAt, now),
    run: (run: Task["run"], ms = 1000) =>
      maintain(
        {
          context: contextOf(),
          tenantContext: contextOf,
          tasks: [{ kind: "k", run }],
          elapsed: () => spent,
        },
        { ms },
      ),
  };
}

/** Gets done what there is time for. */
const paged: Task["run"] = async (_context, _work, hasTime) => (hasTime() ? "done" : "again");

describe("maintain", () => {
  test("does what is due, of every tenant, once", async () => {
    const { note, run, tick } = desk();
    await note("a");
    await note("b", undefined, "acme");
    await note("later", 10 * DAY + HOUR);
    const seen: NotedWork[] = [];
    const work: Task["run"] = async (_context, noted) => {
      seen.push(noted);
      return "done";
    };
    expect(await run(work)).toEqual({
      done: { k: 2 },
      failed: [],
      wakes: [],
      reminders: [],
      more: false,
    });
    expect(await run(work)).toEqual({
      done: {},
      failed: [],
      wakes: [],
      reminders: [],
      more: false,
    });
    tick(HOUR);
    await run(work);
    const facts = seen.map(({ subject, tenant, detail }) => ({ subject, tenant, detail }));
    expect(facts.toSorted((one, other) => (one.subject < other.subject ? -1 : 1))).toEqual([
      { subject: "a", tenant: undefined, detail: { of: "a" } },
      { subject: "b", tenant: "acme", detail: { of: "b" } },
      { subject: "later", tenant: undefined, detail: { of: "later" } },
    ]);
  });

  test("looks once at each shard where nothing is due, however many kinds of work there are", async () => {
    const inner = memoryBackend();
    const looks: string[] = [];
    const backend = wrapBackend(inner, {
      scan(name, ...rest) {
        looks.push(name);
        return inner.scan(name, ...rest);
      },
    });
    const store = createStore({ backend });
    await store.streams.append("s", ["later"], { operationId: "o" });
    looks.length = 0;
    expect(await store.maintain({ ms: 1000 })).toMatchObject({ done: {}, more: false });
    expect(looks).toHaveLength(16);
    expect(new Set(looks).size).toBe(16);
  });

  test("is not held up by a note that cannot be read: it is reported, and stays", async () => {
    const backend = memoryBackend();
    const { note, run, contextOf } = desk(backend);
    const { shard, key } = await note("a");
    for (const subject of ["b", "c", "d"]) await note(subject);
    const { name } = contextOf().shared("work", [String(shard)]);
    const value = Uint8Array.of(1, 0, 255);
    await backend.write(name, { writes: [{ op: "put", key, value, expect: "present" }], now: 0 });
    for (const done of [{ k: 3 }, {}])
      expect(await run(async () => "done")).toMatchObject({
        done,
        failed: [{ kind: "k", error: { code: "CORRUPT" } }],
      });
  });

  test("gives a task the scope of the note's tenant and no user", async () => {
    const { note, run } = desk();
    await note("b", undefined, "acme");
    const scopes: unknown[] = [];
    await run(async ({ scope }) => {
      scopes.push(scope);
      return "done";
    });
    expect(scopes).toEqual([{ tenant: "acme" }]);
  });

  test("keeps a note whose task fails, and goes on with the others", async () => {
    const { note, run } = desk();
    for (const subject of ["a", "b", "c"]) await note(subject);
    const broken = new Error("no");
    const first = await run(async (_context, { subject }) => {
      if (subject === "b") throw broken;
      return "done";
    });
    expect(first).toEqual({
      done: { k: 2 },
      failed: [{ kind: "k", error: broken }],
      wakes: [],
      reminders: [],
      more: false,
    });
    expect((await run(async () => "done")).done).toEqual({ k: 1 });
  });

  test("keeps a note that a task is not done with", async () => {
    const { note, run } = desk();
    await note("a");
    expect((await run(async () => "again")).done).toEqual({});
    expect((await run(async () => "done")).done).toEqual({ k: 1 });
  });

  test("keeps a note that was made anew while its work was being done", async () => {
    const { note, run } = desk();
    await note("a");
    await run(async () => {
      await note("a");
      return "done";
    });
    expect((await run(async () => "done")).done).toEqual({ k: 1 });
  });

  test("stops when the time is up, and says that there is more", async () => {
    const { note, run, spend } = desk();
    for (let index = 0; index < 20; index += 1) await note(`s${index}`);
    const slow: Task["run"] = async () => {
      spend(400);
      return "done";
    };
    expect(await run(slow)).toEqual({
      done: { k: 3 },
      failed: [],
      wakes: [],
      reminders: [],
      more: true,
    });
    let rounds = 1;
    for (let more = true; more; rounds += 1) ({ more } = await run(slow));
    expect(rounds).toBeLessThan(10);
    expect((await run(slow)).done).toEqual({});
  });

  test("does some of what is due in each call, though looking for it takes more than all the time", async () => {
    const inner = memoryBackend();
    const made = desk(
      wrapBackend(inner, {
        scan(...call) {
          made.spend(5);
          return inner.scan(...call);
        },
      }),
    );
    for (let index = 0; index < 5; index += 1) await made.note(`s${index}`);
    for (let left = 4; left > 0; left -= 1)
      expect(await made.run(paged, 1)).toMatchObject({ done: { k: 1 }, more: true });
    // Whether it had looked everywhere by then depends on where it began.
    expect(await made.run(paged, 1)).toMatchObject({ done: { k: 1 }, failed: [] });
    expect(await made.run(paged, 1)).toEqual({
      done: {},
      failed: [],
      wakes: [],
      reminders: [],
      more: false,
    });
  });

  test("says that there is more where the time ran out in the middle of the last piece", async () => {
    const { note, run, spend } = desk();
    await note("a");
    const long: Task["run"] = async () => {
      spend(2000);
      return "again";
    };
    expect(await run(long)).toMatchObject({ done: {}, more: true });
    expect(await run(async () => "again")).toMatchObject({ done: {}, more: false });
  });

  test("lets work that takes all the time keep no other waiting for ever", async () => {
    const { note, run, spend } = desk();
    for (let index = 0; index < 40; index += 1) await note(`s${index}`);
    const done = new Set<string>();
    const stuck: Task["run"] = async (_context, { subject }) => {
      if (subject === "s7") {
        spend(2000);
        throw new Error("no");
      }
      done.add(subject);
      return "done";
    };
    for (let calls = 0; calls < 400 && done.size < 39; calls += 1) await run(stuck);
    expect(done.size).toBe(39);
  });

  test("does work once or more, and ends it once, in two processes at a time", async () => {
    const { note, run } = desk();
    for (let index = 0; index < 50; index += 1) await note(`s${index}`);
    const done = new Set<string>();
    const work: Task["run"] = async (_context, { subject }) => {
      done.add(subject);
      return "done";
    };
    await Promise.all([run(work), run(work)]);
    expect(done.size).toBe(50);
    expect(await run(work)).toEqual({
      done: {},
      failed: [],
      wakes: [],
      reminders: [],
      more: false,
    });
  });

  test("refuses a budget that is none", async () => {
    const { run } = desk();
    for (const ms of [0, -1, 1.5, Number.NaN])
      await expect(run(async () => "done", ms)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

test("work of one hour is due at its end", () => {
  expect(dueAfter(0)).toBe(HOUR);
  expect(dueAfter(HOUR - 1)).toBe(HOUR);
  expect(dueAfter(HOUR)).toBe(2 * HOUR);
  expect(dueAfter(5 * HOUR, DAY)).toBe(DAY);
});
