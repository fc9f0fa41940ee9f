import { expect, test } from "vitest";
import { checkpointCache } from "../../src/store/checkpoints/cache.ts";
import {
  type CheckpointInput,
  checkpointPart,
  checkpointState,
  unpinPart,
} from "../../src/store/checkpoints/part.ts";
import { encodeHead, HEAD, decodeHead } from "../../src/store/checkpoints/schema.ts";
import type { StoreContext } from "../../src/store/context.ts";
import type { Part } from "../../src/store/part.ts";
import { encodeValue } from "../../src/store/partition.ts";
import { outcome, stagedBackend, startProcess, testClock } from "./processes.ts";

const cache = checkpointCache();

/** As a commit writes parts: read, draft, and write with a record of its own. */
async function commit<T>(context: StoreContext, part: Part<T>): Promise<T> {
  const partition = context.thread("t");
  const now = context.now();
  const draft = await part.draft(await partition.read(part.keys, now));
  const own = {
    op: "put" as const,
    key: "x/commit",
    value: encodeValue(1),
    expect: "any" as const,
  };
  const { revision } = await partition.write([own, ...draft.writes], now);
  return draft.landed(revision);
}

type InThread<T> = T extends T ? Omit<T, "threadId"> : never;

function put(context: StoreContext, input: InThread<CheckpointInput>): Promise<string> {
  return commit(
    context,
    checkpointPart(context, cache, { threadId: "t", ...input }, context.now()),
  );
}

/** As the policy hides what lies below. */
async function hideUpTo(context: StoreContext, ordinal: number): Promise<void> {
  const partition = context.thread("t");
  const record = (await partition.read([HEAD], 0)).get(HEAD);
  if (!record) throw new Error("There is no head.");
  const value = encodeHead({ ...decodeHead(record), since: ordinal });
  await partition.write([{ op: "put", key: HEAD, value, expect: record.revision }], 0);
}

test("a checkpoint is written in one write with other records, and names its run", async () => {
  const { checkpoints, context } = startProcess(stagedBackend());
  const run = { id: "r", life: 1 };
  const part = checkpointPart(
    context,
    cache,
    { threadId: "t", state: { n: 1 }, metadata: { a: 1 }, run },
    context.now(),
  );
  const draft = await part.draft(new Map());
  expect(await checkpoints.list("t")).toEqual([]);
  expect(draft.writes.map(({ op }) => op)).toEqual(["check", "put", "put"]);
  const { revision } = await context.thread("t").write(draft.writes, context.now());
  expect(draft.landed(revision)).toBe(draft.id);
  expect(await checkpoints.record("t")).toMatchObject({ id: draft.id, run, metadata: { a: 1 } });
  const second = await put(context, { parentId: draft.id, changes: [{ path: ["n"], set: 2 }] });
  expect(await checkpoints.get("t")).toEqual({ n: 2 });
  expect((await checkpoints.record("t", second))?.parentId).toBe(draft.id);
});

test("a run goes on from its own checkpoint, whatever was put meanwhile", async () => {
  const { checkpoints, context } = startProcess(stagedBackend());
  const own = await put(context, { state: { list: [1] } });
  await checkpoints.put("t", { other: true });
  const changes = [{ path: ["list"], append: [2] }];
  const next = await put(context, { parentId: own, changes });
  expect(await checkpoints.get("t")).toEqual({ list: [1, 2] });
  expect((await checkpoints.record("t"))?.id).toBe(next);
  const strict = put(context, { parentId: own, changes, parentIsHead: true });
  expect(await outcome(strict)).toBe("CONFLICT");
});

test("a share that was overtaken conflicts, and nothing of the commit is written", async () => {
  const { checkpoints, context } = startProcess(stagedBackend());
  await checkpoints.put("t", 1);
  const part = checkpointPart(
    context,
    cache,
    { threadId: "t", state: 2, pin: true },
    context.now(),
  );
  const partition = context.thread("t");
  const draft = await part.draft(await partition.read(part.keys, 0));
  await checkpoints.put("t", 3);
  expect(await outcome(partition.write(draft.writes, 0))).toBe("CONFLICT");
  expect(await checkpoints.get("t")).toBe(3);
});

test("a pinned checkpoint stays when the policy hides it, when it expires, and until its pin goes", async () => {
  const clock = testClock();
  const backend = stagedBackend();
  const { checkpoints, context } = startProcess(backend, { clock });
  const before = await put(context, { state: { n: 0 }, pin: true });
  const pinned = await put(context, { state: { n: 1 }, pin: true, unpin: before });
  const hidden = await put(context, { state: { n: 2 } });
  const head = await put(context, { state: { n: 3 } });
  await hideUpTo(context, 3);
  const fresh = startProcess(backend, { clock }).checkpoints;
  expect(await fresh.get("t", before)).toBeNull();
  expect(await fresh.get("t", hidden)).toBeNull();
  expect(await fresh.get("t", pinned)).toEqual({ n: 1 });
  expect((await fresh.list("t")).map(({ id }) => id)).toEqual([head, pinned]);
  expect((await fresh.list("t", { limit: 1, before: head })).map(({ id }) => id)).toEqual([pinned]);
  const state = (id: string) => checkpointState(context, checkpointCache(), "t", id, clock.now);
  expect(await state(pinned)).toEqual({ state: { n: 1 } });
  expect(await state(hidden)).toBeUndefined();
  await checkpoints.delete("t", head);
  expect(await fresh.get("t")).toEqual({ n: 1 });
  expect((await fresh.record("t"))?.id).toBe(pinned);
  await commit(context, unpinPart(pinned));
  expect(await state(pinned)).toBeUndefined();
  expect(await fresh.get("t")).toBeNull();
  await commit(context, unpinPart(pinned));
});

test("a pinned tip does not expire", async () => {
  const clock = testClock();
  const { checkpoints, context } = startProcess(stagedBackend(), { clock });
  const id = await checkpoints.put("t", { n: 1 }, { ttlMs: 10 });
  const partition = context.thread("t");
  await partition.write(
    [{ op: "put", key: "v", value: encodeValue({ p: [[1, 1]] }), expect: "absent" }],
    0,
  );
  clock.now += 10;
  expect(await checkpoints.get("t")).toEqual({ n: 1 });
  const changes = [{ path: ["n"], set: 2 }];
  await checkpoints.append("t", { parentId: id, changes, expectedHead: id });
  expect(await checkpoints.get("t")).toEqual({ n: 2 });
});

test("deleting a pinned checkpoint takes its pin, and deleting all takes it with the rest", async () => {
  const { checkpoints, context } = startProcess(stagedBackend());
  const first = await put(context, { state: 1, pin: true });
  const second = await put(context, { state: 2, pin: true });
  await checkpoints.delete("t", first);
  expect((await checkpoints.list("t")).map(({ id }) => id)).toEqual([second]);
  await checkpoints.delete("t");
  expect(await checkpoints.list("t")).toEqual([]);
  expect(await checkpoints.get("t", second)).toBeNull();
});

test("a pin that came between is not lost by a deletion", async () => {
  const backend = stagedBackend();
  const { checkpoints, context } = startProcess(backend);
  const ids = [await checkpoints.put("t", 1), await checkpoints.put("t", 2)];
  let pinned = "";
  backend.before("write", async () => {
    pinned = await put(context, { state: 3, pin: true });
  });
  await checkpoints.delete("t", ids[0]);
  await hideUpTo(context, 3);
  expect((await checkpoints.list("t")).map(({ id }) => id)).toEqual([pinned]);
});
