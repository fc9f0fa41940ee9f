import { expect, test } from "vitest";
import {
  conversation,
  message,
  outcome,
  startProcess,
  testClock,
  stagedBackend,
} from "./processes.ts";

test("answers the last put as the head, with its parent, metadata, version and size", async () => {
  const clock = testClock();
  const { checkpoints } = startProcess(stagedBackend(), { clock });
  const first = await checkpoints.put(
    "t",
    { version: 3, n: 1 },
    { metadata: { a: new Date(5), $b: 1 } },
  );
  clock.now -= 3_600_000;
  const second = await checkpoints.put("t", { n: 2 });
  expect(await checkpoints.get("t")).toEqual({ n: 2 });
  expect(await checkpoints.get("t", first)).toEqual({ version: 3, n: 1 });
  expect(await checkpoints.list("t")).toEqual([
    {
      id: second,
      threadId: "t",
      parentId: first,
      createdAt: new Date(clock.now),
      agentSnapshotVersion: 0,
      sizeBytes: '{"n":2}'.length,
    },
    {
      id: first,
      threadId: "t",
      parentId: null,
      createdAt: new Date(clock.now + 3_600_000),
      agentSnapshotVersion: 3,
      sizeBytes: '{"version":3,"n":1}'.length,
      metadata: { a: new Date(5), $b: 1 },
    },
  ]);
  expect(await checkpoints.record("t")).toEqual((await checkpoints.list("t"))[0]);
  expect(await checkpoints.record("t", first)).toEqual((await checkpoints.list("t"))[1]);
});

test("appends changes, warm and cold, and reads them back in another process", async () => {
  const backend = stagedBackend();
  const one = startProcess(backend).checkpoints;
  let parentId = await one.put("t", conversation(1, 200));
  for (let n = 1; n < 30; n += 1) {
    const writer = n % 7 === 0 ? startProcess(backend).checkpoints : one;
    parentId = await writer.append("t", {
      parentId,
      changes: [
        { path: ["messages"], append: [message(n, 200)] },
        { path: ["step"], set: n + 1 },
      ],
    });
  }
  expect(await startProcess(backend).checkpoints.get("t")).toEqual(conversation(30, 200));
  const list = await startProcess(backend).checkpoints.list("t", { limit: 3 });
  expect(list.map(({ id }) => id)[0]).toBe(parentId);
  const before = await one.list("t", { limit: 2, before: parentId });
  expect(before).toEqual(list.slice(1));
  for (const { id, sizeBytes } of await one.list("t"))
    expect(
      Buffer.byteLength(JSON.stringify(await startProcess(backend).checkpoints.get("t", id))),
    ).toBe(sizeBytes);
});

test("answers null, an empty list and silence where there is nothing", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  expect(await checkpoints.get("t")).toBeNull();
  expect(await checkpoints.get("t", "1-abcdefgh")).toBeNull();
  expect(await checkpoints.get("t", "anything")).toBeNull();
  expect(await checkpoints.record("t")).toBeNull();
  expect(await checkpoints.record("t", "1-abcdefgh")).toBeNull();
  expect(await checkpoints.list("t")).toEqual([]);
  await checkpoints.delete("t");
  await checkpoints.delete("t", "1-abcdefgh");
  expect(backend.calls.some(({ verb }) => verb === "write")).toBe(false);
});

test("keeps nothing of the caller's objects and hands none out twice", async () => {
  const { checkpoints } = startProcess(stagedBackend());
  const state = { list: [{ n: 1 }] };
  const metadata = { tags: ["a"] };
  const putting = checkpoints.put("t", state, { metadata });
  state.list.push({ n: 2 });
  metadata.tags.push("b");
  const first = await putting;
  const got = await checkpoints.get<typeof state>("t");
  got?.list.push({ n: 3 });
  expect(await checkpoints.get("t")).toEqual({ list: [{ n: 1 }] });
  const item = { n: 4 };
  const changes = [{ path: ["list"], append: [item] }];
  const warm = checkpoints.append("t", { parentId: first, changes });
  item.n = 5;
  await warm;
  expect(await checkpoints.get("t")).toEqual({ list: [{ n: 1 }, { n: 4 }] });
  expect((await checkpoints.record("t", first))?.metadata).toEqual({ tags: ["a"] });
});

test("keeps nothing of a cold append's changes either", async () => {
  const backend = stagedBackend();
  const parentId = await startProcess(backend).checkpoints.put("t", { list: [] });
  const { checkpoints } = startProcess(backend);
  const item = { n: 4 };
  const cold = checkpoints.append("t", { parentId, changes: [{ path: ["list"], append: [item] }] });
  item.n = 5;
  await cold;
  expect(await startProcess(backend).checkpoints.get("t")).toEqual({ list: [{ n: 4 }] });
});

test("a retry under an operation id writes nothing and answers the first id", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  const first = await checkpoints.put("t", { n: 1 }, { operationId: "op" });
  const appended = await checkpoints.append("t", {
    parentId: first,
    changes: [{ path: ["n"], set: 2 }],
    operationId: "op",
  });
  await checkpoints.put("t", { n: 3 });
  for (const again of [checkpoints, startProcess(backend).checkpoints]) {
    expect(await again.put("t", { n: 9 }, { operationId: "op" })).toBe(first);
    const options = { parentId: first, changes: [{ path: ["n"], set: 9 }], operationId: "op" };
    expect(await again.append("t", options)).toBe(appended);
  }
  expect(await checkpoints.get("t")).toEqual({ n: 3 });
  expect(await checkpoints.list("t")).toHaveLength(3);
});

test("replays an operation whose checkpoint is gone", async () => {
  const { checkpoints } = startProcess(stagedBackend());
  const first = await checkpoints.put("t", { n: 1 }, { operationId: "op" });
  const options = { parentId: first, changes: [{ path: ["n"], set: 2 }], operationId: "op2" };
  const second = await checkpoints.append("t", options);
  await checkpoints.delete("t");
  expect(await checkpoints.put("t", { n: 1 }, { operationId: "op" })).toBe(first);
  expect(await checkpoints.append("t", options)).toBe(second);
  expect(await checkpoints.get("t")).toBeNull();
});

test("expectedHead compares with the head, null with none", async () => {
  const { checkpoints } = startProcess(stagedBackend());
  expect(await outcome(checkpoints.put("t", 0, { expectedHead: "1-abcdefgh" }))).toBe("CONFLICT");
  const first = await checkpoints.put("t", 1, { expectedHead: null });
  expect(await outcome(checkpoints.put("t", 2, { expectedHead: null }))).toBe("CONFLICT");
  const second = await checkpoints.put("t", 2, { expectedHead: first });
  expect(await outcome(checkpoints.put("t", 3, { expectedHead: first }))).toBe("CONFLICT");
  await checkpoints.delete("t", second);
  expect(await outcome(checkpoints.put("t", 3, { expectedHead: second }))).toBe("CONFLICT");
  const third = await checkpoints.put("t", 3, { expectedHead: first });
  expect((await checkpoints.record("t"))?.parentId).toBe(first);
  await checkpoints.delete("t");
  expect(await outcome(checkpoints.put("t", 4, { expectedHead: third }))).toBe("CONFLICT");
  await checkpoints.put("t", 4, { expectedHead: null });
  expect(await checkpoints.list("t")).toHaveLength(1);
});

test("appends on the head only, and elsewhere where a branch is meant", async () => {
  const { checkpoints } = startProcess(stagedBackend());
  const first = await checkpoints.put("t", conversation(5));
  const changes = [{ path: ["messages"], append: ["a"] }];
  const second = await checkpoints.append("t", { parentId: first, changes });
  expect(await outcome(checkpoints.append("t", { parentId: first, changes }))).toBe("CONFLICT");
  const branch = await checkpoints.append("t", { parentId: first, changes, branch: true });
  expect((await checkpoints.record("t"))?.id).toBe(branch);
  expect((await checkpoints.record("t"))?.parentId).toBe(first);
  expect(await outcome(checkpoints.append("t", { parentId: second, changes }))).toBe("CONFLICT");
  expect(await outcome(checkpoints.append("t", { parentId: "9-abcdefgh", changes }))).toBe(
    "NOT_FOUND",
  );
  expect(await outcome(checkpoints.append("t", { parentId: "hello", changes }))).toBe("NOT_FOUND");
  const forged = `1-${"x".repeat(8)}`;
  expect(await outcome(checkpoints.append("t", { parentId: forged, changes, branch: true }))).toBe(
    "NOT_FOUND",
  );
  expect(await checkpoints.list("t")).toHaveLength(3);
});

test("appending to a thread without checkpoints makes no thread", async () => {
  const backend = stagedBackend();
  const { checkpoints, context } = startProcess(backend);
  const changes = [{ path: ["n"], set: 1 }];
  expect(await outcome(checkpoints.append("t", { parentId: "1-abcdefgh", changes }))).toBe(
    "NOT_FOUND",
  );
  expect(await context.thread("t").read(["life"], 0)).toEqual(new Map());
});

test("hides what has expired, and answers the newest that has not", async () => {
  const clock = testClock();
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend, { clock });
  const first = await checkpoints.put("t", { n: 1 });
  const second = await checkpoints.put("t", { n: 2 }, { ttlMs: 1000 });
  expect((await checkpoints.record("t"))?.expiresAt).toEqual(new Date(clock.now + 1000));
  clock.now += 1000;
  for (const reader of [checkpoints, startProcess(backend, { clock }).checkpoints]) {
    expect(await reader.get("t")).toEqual({ n: 1 });
    expect(await reader.get("t", second)).toBeNull();
    expect(await reader.record("t", second)).toBeNull();
    expect((await reader.record("t"))?.id).toBe(first);
    expect((await reader.list("t")).map(({ id }) => id)).toEqual([first]);
  }
  const changes = [{ path: ["n"], set: 3 }];
  expect(await outcome(checkpoints.append("t", { parentId: second, changes }))).toBe("NOT_FOUND");
  expect(await outcome(checkpoints.put("t", 4, { expectedHead: second }))).toBe("CONFLICT");
  await checkpoints.append("t", { parentId: first, changes, expectedHead: first });
  expect(await checkpoints.get("t")).toEqual({ n: 3 });
});

test("deletes one and all, and does not bring older ones back", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  const ids: string[] = [];
  for (let n = 0; n < 4; n += 1) ids.push(await checkpoints.put("t", { n }));
  await checkpoints.delete("t", ids[1]);
  await checkpoints.delete("t", ids[3]);
  await checkpoints.delete("t", ids[3]);
  const other = startProcess(backend).checkpoints;
  expect(await other.get("t")).toEqual({ n: 2 });
  expect(await checkpoints.get("t")).toEqual({ n: 2 });
  expect((await other.list("t")).map(({ id }) => id)).toEqual([ids[2], ids[0]]);
  await checkpoints.delete("t");
  expect(await other.get("t")).toBeNull();
  expect(await other.list("t")).toEqual([]);
  for (const id of ids) expect(await other.get("t", id)).toBeNull();
  await checkpoints.put("t", { n: 9 });
  expect((await other.list("t")).map(({ parentId }) => parentId)).toEqual([null]);
});

test("deleting all once more under its operation id leaves what was put since", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  await checkpoints.put("t", 1);
  await checkpoints.delete("t", undefined, { operationId: "op" });
  await checkpoints.delete("t", undefined, { operationId: "nothing was there" });
  await checkpoints.put("t", 2);
  await checkpoints.delete("t", undefined, { operationId: "op" });
  await checkpoints.delete("t", undefined, { operationId: "nothing was there" });
  expect(await checkpoints.get("t")).toBe(2);
});

test("two writers on one parent: one wins, the other hears of it", async () => {
  const backend = stagedBackend();
  const one = startProcess(backend).checkpoints;
  const parentId = await one.put("t", { list: [] });
  const changes = [{ path: ["list"], append: ["x"] }];
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, () =>
      outcome(startProcess(backend).checkpoints.append("t", { parentId, changes })),
    ),
  );
  expect(outcomes.filter((code) => code === "CONFLICT")).toHaveLength(63);
  expect(await one.get("t")).toEqual({ list: ["x"] });
});

test("64 writers without expectations all land", async () => {
  const backend = stagedBackend();
  const writers = Array.from({ length: 64 }, (_, n) =>
    startProcess(backend).checkpoints.put("t", n),
  );
  const ids = await Promise.all(writers);
  const listed = (await startProcess(backend).checkpoints.list("t")).map(({ id }) => id);
  expect(listed.toSorted()).toEqual(ids.toSorted());
});
