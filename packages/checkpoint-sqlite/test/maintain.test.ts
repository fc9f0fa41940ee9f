import { type ChildProcess, fork } from "node:child_process";
import { type Backend, createStore, type Store, StorageError } from "@perdure/checkpoint-core";
import { sqliteBackend, type SqliteDriver } from "@perdure/checkpoint-sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openClient } from "../src/open.ts";
import { answerOf, nextOf } from "./asking.ts";
import { drivers, testFile } from "./folder.ts";

const PROCESSES = 4;
const EACH = 8;
const HOUR = 60 * 60 * 1000;
const THEN = 1_700_000_000_000;
const ids = Array.from({ length: EACH }, (_, index) => index);

describe.each(drivers)("maintain in %s", (driver) => {
  test("four processes at once do all that is due, none of them fails, and what lives stays whole under its writers", {
    timeout: 120_000,
  }, async () => {
    const path = await testFile();
    await using backend = sqliteBackend({ path, driver, durability: "normal", waitMs: 60_000 });
    await fill(backend);
    const before = await stored(path, driver);
    expect(Math.min(before.deleted, before.pieces, before.kept - 2 * EACH)).toBeGreaterThan(EACH);
    const processes = await Promise.all(ids.slice(0, PROCESSES).map(() => start(path, driver)));
    let hours = 0;
    const store = createStore({ backend, keepLast: 2, now: () => THEN + hours * HOUR });
    const woken = new Set<string>();
    for (hours of [3, 5, 40]) {
      const all = Promise.all(processes.map((one) => reportOf(one, THEN + hours * HOUR)));
      // Meanwhile the lines that are swept are written.
      for (const id of ids) await store.checkpoints.put(`kept ${id}`, { hours, id });
      for (const { failed, wakes } of await all) {
        expect(failed).toEqual([]);
        for (const runId of wakes) woken.add(runId);
      }
    }
    expect(woken).toEqual(new Set(ids.map((id) => `run ${id}`)));
    const later = createStore({ backend, now: () => THEN + 42 * HOUR });
    for (let more = true; more; ) {
      const report = await later.maintain({ ms: 60_000 });
      expect(report).toMatchObject({ failed: [], wakes: [] });
      ({ more } = report);
    }
    // Nothing is left of what was deleted, hidden or given up; two checkpoints of each line are shown and kept.
    expect(await stored(path, driver)).toEqual({
      approvals: EACH,
      deleted: 0,
      pieces: 0,
      kept: 2 * EACH,
    });
    for (const id of ids) await expectWhole(later, id);
  });
});

/** A process that maintains the file, once it is there. */
async function start(path: string, driver: SqliteDriver): Promise<ChildProcess> {
  const child = fork(new URL("maintainChild.ts", import.meta.url), [path, driver], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await nextOf(child);
  return child;
}

interface Stored {
  readonly approvals: number;
  readonly deleted: number;
  readonly pieces: number;
  readonly kept: number;
}

interface Report {
  readonly failed: readonly string[];
  readonly wakes: readonly string[];
}

async function reportOf(child: ChildProcess, now: number): Promise<Report> {
  return (await answerOf(child, now)) as Report;
}

/** Work of each kind: deletions that were cut short, deadlines, lines of hidden checkpoints, and large values whose writer died. */
async function fill(backend: Backend): Promise<void> {
  const store = createStore({ backend, keepLast: 2, now: () => THEN });
  await store.setup();
  for (const id of ids) {
    await store.history.append(`deleted ${id}`, [{ id: "m", value: "gone" }]);
    const cut = createStore({ backend: { ...viewOf(backend), drop: dead }, now: () => THEN });
    await expect(cut.threads.delete(`deleted ${id}`)).rejects.toThrow("killed");
    await wait(store, id);
    for (let put = 0; put < 12; put += 1)
      await store.checkpoints.put(`kept ${id}`, {
        text: String.fromCodePoint(97 + put).repeat(99),
      });
    await writeInPart(backend, id);
  }
}

/** A run that waits for a person for an hour. */
async function wait(store: Store, id: number): Promise<void> {
  const threadId = `waits ${id}`;
  const begun = await store.runs.begin(threadId, asks(id, "E1"));
  if (begun.status !== "leased") throw new Error(`Not leased: ${begun.status}`);
  const { lease } = begun;
  const request = { callId: "c1", tool: "refund", input: {} };
  const message = {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "c1", name: "refund", input: {} }],
  } as const;
  await store.commit(
    threadId,
    { answer: { turn: 1, value: { message } } },
    { operationId: "m", lease },
  );
  const approvals = [{ ...request, expiresInMs: HOUR }];
  await store.commit(
    threadId,
    { settle: { status: "suspended", turn: 1, approvals } },
    { operationId: "s", lease },
  );
}

function asks(id: number, execution: string): Parameters<Store["runs"]["begin"]>[1] {
  return { runId: `run ${id}`, execution, operationId: execution, event: "e", ms: 1000 };
}

/** A large value of which some pieces are written, and not the record that refers to them. */
async function writeInPart(backend: Backend, id: number): Promise<void> {
  let writes = 0;
  const dying: Backend = {
    ...viewOf(backend),
    limits: { ...backend.limits, maxValueBytes: 1000, maxWriteBytes: 16_000, maxWrites: 100 },
    write: async (...call) => {
      writes += 1;
      return writes > 5 ? dead() : backend.write(...call);
    },
  };
  const value = Array.from({ length: 9000 }, (_, at) => (at * 48_271) % 2_147_483_647).join();
  const store = createStore({ backend: dying, now: () => THEN });
  await expect(store.history.append(`parts ${id}`, [{ id: "m", value }])).rejects.toThrow("killed");
}

/** What must have become of each thread. */
async function expectWhole(store: Store, id: number): Promise<void> {
  expect(await store.threads.get(`deleted ${id}`)).toBeUndefined();
  expect(await store.checkpoints.get(`kept ${id}`)).toEqual({ hours: 40, id });
  expect(await store.history.read(`parts ${id}`)).toEqual([]);
  const claimed = await store.runs.claim(`waits ${id}`, asks(id, "E2"));
  const decisions = claimed.status === "leased" ? claimed.decisions : [];
  expect(decisions.map(({ status }) => status)).toEqual(["expired"]);
}

/** How many records of each kind of work lie in the file, whoever may see them. */
async function stored(path: string, driver: SqliteDriver): Promise<Stored> {
  const client = await openClient(path, driver);
  const count = (sql: string): number =>
    Number((client.prepare(sql).get() as { readonly count: unknown }).count);
  const records = `select count(*) as count from perdure_record r join perdure_partition p on p.id = r.partition where p.name glob 't/*'`;
  try {
    return {
      approvals: count(`${records} and r.key glob 'approval/*'`),
      deleted: count(`${records} and p.name glob '*deleted*'`),
      pieces: count(`${records} and (r.key glob 'p/*' or r.key glob 'u/*')`),
      kept: count(`${records} and p.name glob '*kept*' and r.key glob 'c/*'`),
    };
  } finally {
    client.close();
  }
}

function viewOf(backend: Backend): Backend {
  return {
    name: backend.name,
    limits: backend.limits,
    setup: (mode) => backend.setup(mode),
    read: (...call) => backend.read(...call),
    scan: (...call) => backend.scan(...call),
    write: (...call) => backend.write(...call),
    drop: (...call) => backend.drop(...call),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function dead(): Promise<never> {
  return Promise.reject(new StorageError("UNAVAILABLE", "The process was killed."));
}
