import { expect, test } from "vitest";
import type { OpenRecord } from "../../src/store/partition.ts";
import { prefixRange } from "../../src/backend/keys.ts";
import { checkpointRange, decodeHead, HEAD } from "../../src/store/checkpoints/schema.ts";
import type { StoreContext } from "../../src/store/context.ts";
import { conversation, message, type Process, stagedBackend, startProcess } from "./processes.ts";

async function records(context: StoreContext, prefix: string): Promise<readonly OpenRecord[]> {
  const range = { ...prefixRange(prefix), limit: 10_000 };
  return (await context.thread("t").scan(range, 0)).records;
}

function bytesOf(found: readonly OpenRecord[]): number {
  return found.reduce((sum, { key, bytes }) => sum + key.length + bytes.length, 0);
}

/** What the head says that is to be read for it, after a look at the records that it means. */
async function weighHead({ context, checkpoints }: Process): Promise<number> {
  const record = (await context.thread("t").read([HEAD], 0)).get(HEAD);
  if (!record) throw new Error("There is no head.");
  const { from = 0, tip, weight, id } = decodeHead(record);
  const range = { ...checkpointRange(from, tip), limit: 10_000 };
  const found = (await context.thread("t").scan(range, 0)).records;
  expect(weight).toBe(bytesOf(found));
  const size = (await checkpoints.record("t", id))?.sizeBytes ?? 0;
  if (tip > from) expect(weight).toBeLessThanOrEqual(2 * size);
  return tip - from;
}

test("a warm put and a warm append are one write and no read", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  let parentId = await checkpoints.put("t", conversation(1));
  backend.calls.length = 0;
  for (let n = 1; n < 5; n += 1) {
    const changes = [{ path: ["messages"], append: [message(n)] }];
    parentId = await checkpoints.append("t", { parentId, changes, operationId: `op${n}` });
  }
  await checkpoints.put("t", conversation(7), { expectedHead: parentId });
  const calls = backend.calls.map(({ verb, keys }) =>
    [verb, keys.map((key) => key.slice(0, 4))].join(" "),
  );
  expect(calls).toEqual([...Array(4).fill("write o/c-,h,c/00"), "write h,c/00"]);
});

test("a warm branch in the open segment is one write too, and later ones of the same parent", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  const parentId = await checkpoints.put("t", conversation(50, 100));
  const changes = [{ path: ["messages"], append: [message(50)] }];
  await checkpoints.append("t", { parentId, changes });
  await checkpoints.append("t", { parentId, changes, branch: true });
  backend.calls.length = 0;
  await checkpoints.append("t", { parentId, changes, branch: true });
  expect(backend.calls.map(({ verb }) => verb)).toEqual(["write"]);
});

test("reading the head is one small read and one scan; once more it is one small read", async () => {
  const backend = stagedBackend();
  const parentId = await startProcess(backend).checkpoints.put("t", conversation(50, 100));
  const changes = [{ path: ["messages"], append: [message(50)] }];
  await startProcess(backend).checkpoints.append("t", { parentId, changes });
  const { checkpoints } = startProcess(backend);
  backend.calls.length = 0;
  await checkpoints.get("t");
  await checkpoints.get("t");
  expect(backend.calls.map(({ verb }) => verb)).toEqual(["read", "scan", "read"]);
});

test("a cold append is one read, the scan for its base and one write", async () => {
  const backend = stagedBackend();
  const first = await startProcess(backend).checkpoints.put("t", conversation(50, 100));
  const changes = [{ path: ["messages"], append: [message(50)] }];
  const parentId = await startProcess(backend).checkpoints.append("t", {
    parentId: first,
    changes,
  });
  backend.calls.length = 0;
  await startProcess(backend).checkpoints.append("t", { parentId, changes, operationId: "op" });
  expect(backend.calls.map(({ verb }) => verb)).toEqual(["read", "scan", "write"]);
});

test("200 appends of 1 KB store at most 1.4 times their bytes, operations included", async () => {
  const { checkpoints, context } = startProcess(stagedBackend());
  let parentId = await checkpoints.put("t", { messages: [] });
  const text = "x".repeat(960);
  for (let n = 0; n < 200; n += 1) {
    const changes = [{ path: ["messages"], append: [{ role: "user", id: `m${n}`, text }] }];
    const operationId = `01ARZ3NDEKTSV4RRFFQ69G5FAV:5baa61e4c9b93f3f:${n}`;
    parentId = await checkpoints.append("t", { parentId, changes, operationId });
  }
  const unique = JSON.stringify(await checkpoints.get("t")).length;
  expect(bytesOf(await records(context, ""))).toBeLessThanOrEqual(1.4 * unique);
});

test("what is read for the head weighs at most twice its state, on lines and branches", async () => {
  const process = startProcess(stagedBackend());
  const { checkpoints } = process;
  const ids = [await checkpoints.put("t", conversation(20, 200))];
  let longest = 0;
  for (let n = 1; n < 120; n += 1) {
    const parentId = ids.at(n % 5 === 0 ? -3 : -1) ?? "";
    const changes = [
      { path: ["messages"], append: [message(n, 200)] },
      ...(n % 17 === 0 ? [{ path: ["messages"], set: [message(n, 3000)] }] : []),
    ];
    ids.push(await checkpoints.append("t", { parentId, changes, branch: true }));
    longest = Math.max(longest, await weighHead(process));
  }
  expect(longest).toBeGreaterThan(5);
  const fresh = startProcess(process.context.backend).checkpoints;
  for (const id of ids) expect(await fresh.get("t", id)).toEqual(await checkpoints.get("t", id));
});

test("a list reads no more pages than it needs", async () => {
  const backend = stagedBackend();
  const { checkpoints } = startProcess(backend);
  for (let n = 0; n < 30; n += 1) await checkpoints.put("t", { n });
  backend.calls.length = 0;
  await checkpoints.list("t", { limit: 5 });
  expect(backend.calls.map(({ verb }) => verb)).toEqual(["read", "scan"]);
});
