import { describe, expect, test } from "vitest";
import {
  type Backend,
  createStore,
  memoryBackend,
  type Scope,
  type Store,
} from "../../src/index.ts";
import type { SealingOptions } from "../../src/store/sealing/options.ts";
import { key } from "../pieces/shelf.ts";
import { asks, leaseOf } from "../runs/desk.ts";
import { watched } from "./raw.ts";

const NOW = 1_700_000_000_000;
const encryption = { keys: { two: key(2) }, current: "two" };
const sealed: SealingOptions = { encryption };
const retired: SealingOptions = { encryption: { keys: { one: key(1) }, current: "one" } };
const changes = [
  ["PLAINTEXT", {}],
  ["KEY_MISSING", retired],
  ["WRONG_KEY", { encryption: { keys: { two: key(9) }, current: "two" } }],
] as const;

const at = (backend: Backend, sealing: SealingOptions, scope: Scope = {}): Store =>
  createStore({ ...sealing, backend, scope, now: () => NOW });

/** Ann's old thread of before the key, and her new one of after it, each with a run that waits for a person. */
async function twoAges(before: SealingOptions, old = "old one"): Promise<Backend> {
  const backend = memoryBackend();
  await fill(at(backend, before, { user: "ann" }), old);
  await fill(at(backend, sealed, { user: "ann" }), "new");
  return backend;
}

async function fill({ threads, runs, approvals }: Store, id: string): Promise<void> {
  await threads.create(id, { title: id });
  const lease = leaseOf(await runs.begin(id, asks(`run of ${id}`, `E ${id}`)));
  const request = { callId: "c", tool: "pay", input: {} };
  await approvals.request(lease, 1, [request], { operationId: "ask" });
}

describe.each(changes)("a thread that cannot be read: %s", (code, before) => {
  test.each([{}, { user: "ann" }])(
    "stands in each list as such, beside the others",
    async (scope) => {
      const { threads, runs, approvals } = at(await twoAges(before), sealed, scope);
      const listed = await threads.list();
      expect(listed.threads.map(({ id }) => id)).toEqual(["new"]);
      expect(listed.unreadable).toMatchObject([{ threadId: "old one", code }]);
      const found = await runs.list();
      expect(found.runs.map(({ id }) => id)).toEqual(["run of new"]);
      expect(found.unreadable).toMatchObject([{ runId: "run of old one", code }]);
      expect((await runs.list({ status: "running" })).unreadable).toHaveLength(1);
      const waiting = await approvals.pending();
      expect(waiting.approvals.map(({ threadId }) => threadId)).toEqual(["new"]);
      expect(waiting.unreadable).toMatchObject([{ code }]);
    },
  );

  test("is on one page, once, however short the pages are", async () => {
    const { threads, runs, approvals } = at(await twoAges(before), sealed);
    const seen: string[] = [];
    type Ask = { readonly limit: number; readonly cursor: string | undefined };
    for (const list of [
      async (ask: Ask) => threads.list(ask),
      async (ask: Ask) => runs.list(ask),
      async (ask: Ask) => approvals.pending(ask),
    ]) {
      let cursor: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list({ limit: 1, cursor });
        seen.push(...(page.unreadable ?? []).map((one) => one.code));
        cursor = page.cursor;
      } while (cursor !== undefined);
    }
    expect(seen).toEqual([code, code, code]);
  });

  test("can be deleted where nothing that it names elsewhere stays, and leaves nothing in the directory", async () => {
    const { backend, records } = watched(memoryBackend());
    const ann = at(backend, before, { user: "ann" });
    await ann.threads.create("old one", { title: "Old" });
    await ann.history.append("old one", [{ id: "e", value: 1 }]);
    const user = at(backend, sealed, { user: "ann" });
    await expect(user.threads.delete("old one")).rejects.toMatchObject({ code });
    const whole = at(backend, sealed);
    await whole.threads.delete("old one", { operationId: "op", memory: true });
    expect(await user.threads.list()).toEqual({ threads: [] });
    expect(await whole.threads.list()).toEqual({ threads: [] });
    expect((await records()).filter((record) => /^d[/]\S+ [tal][/]|^t[/]/.test(record))).toEqual(
      [],
    );
    await user.threads.create("old one", { title: "New" });
    expect((await user.threads.list()).threads).toMatchObject([{ title: "New", owner: "ann" }]);
  });

  test("is erased with all of its user's, and of no other's", async () => {
    const backend = memoryBackend();
    for (const user of ["ann", "bob"])
      await at(backend, before, { user }).threads.create(`${user}'s old one`);
    const ann = at(backend, sealed, { user: "ann" });
    await ann.threads.create("new");
    await ann.erase({ operationId: "op" });
    expect(await ann.threads.list()).toEqual({ threads: [] });
    const { threads, unreadable } = await at(backend, sealed).threads.list();
    expect([threads, unreadable]).toMatchObject([[], [{ threadId: "bob's old one", code }]]);
  });

  test("does not keep an erasure from the rest, where it waits for its key", async () => {
    const backend = await twoAges(before);
    const ann = at(backend, sealed, { user: "ann" });
    await expect(ann.erase({ operationId: "op" })).rejects.toMatchObject({ code });
    expect(await ann.threads.get("new")).toBeUndefined();
  });
});

test("a thread whose name is too long for a key is told without its name", async () => {
  const long = "x".repeat(300);
  const { threads } = at(await twoAges({}, long), sealed);
  const { unreadable } = await threads.list();
  expect(unreadable).toMatchObject([{ code: "PLAINTEXT" }]);
  expect(unreadable?.[0]?.threadId).toBeUndefined();
});

test("a user of a name too long for a key is erased as any other", async () => {
  const backend = memoryBackend();
  const scope = { user: "u".repeat(300) };
  await at(backend, {}, scope).threads.create("t");
  await at(backend, sealed, scope).erase({ operationId: "op" });
  expect(await at(backend, sealed).threads.list()).toEqual({ threads: [] });
});

test("a thread that two users are listed for is not erased for one while nobody can tell whose it is", async () => {
  const backend = memoryBackend();
  const ann = at(backend, {}, { user: "ann" });
  await ann.threads.create("t");
  const value = new Uint8Array([1, 0, 99, 7]);
  for (let shard = 0; shard < 16; shard += 1) {
    const { records } = await backend.scan(
      `d/-/${String(shard).length}.${shard}`,
      { from: "t/", to: "t0", limit: 9 },
      NOW,
    );
    if (records.length > 0)
      await backend.write(`d/-/${String(shard).length}.${shard}`, {
        writes: [{ op: "put", key: "t/t/bob", value, expect: "any" }],
        now: NOW,
      });
  }
  await expect(
    at(backend, sealed, { user: "ann" }).erase({ operationId: "op" }),
  ).rejects.toMatchObject({ code: "CORRUPT" });
  expect(await ann.threads.get("t")).toMatchObject({ owner: "ann" });
});
