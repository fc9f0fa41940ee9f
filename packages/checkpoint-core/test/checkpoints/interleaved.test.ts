import { expect, test } from "vitest";
import { checkpointKey } from "../../src/store/checkpoints/schema.ts";
import { aLine, free, more, rewrite } from "./line.ts";
import { createStore } from "../../src/store/store.ts";
import { conversation, message, outcome, stagedBackend, startProcess } from "./processes.ts";

test("two warm puts on one head both stay, one after the other", async () => {
  const { one, two, ids, fresh } = await aLine(1);
  await two.checkpoints.put("t", { by: "two, to be warm" });
  const late = await one.checkpoints.put("t", { by: "one, warm on an old head" });
  const last = await two.checkpoints.put("t", { by: "two, warm on an old head" });
  const list = await fresh().list("t");
  expect(list.map(({ id }) => id)).toEqual([last, late, expect.any(String), ids[0]]);
  expect(await fresh().get("t", late)).toEqual({ by: "one, warm on an old head" });
});

test("a head that this process remembers wrongly refuses nothing", async () => {
  const { one, two, ids } = await aLine(2);
  const branch = await two.checkpoints.put("t", { n: 0 });
  await two.checkpoints.delete("t", branch);
  const changes = more(11);
  const third = await one.checkpoints.append("t", { parentId: ids[1] ?? "", changes });
  expect((await two.checkpoints.record("t"))?.id).toBe(third);
  const fourth = await two.checkpoints.put("t", { n: 1 });
  expect(await one.checkpoints.put("t", { n: 2 }, { expectedHead: fourth })).toEqual(
    expect.any(String),
  );
});

test.each([undefined, 1])(
  "a put before each of its reads does not keep the newest record from being told: keepLast %s",
  async (keepLast) => {
    const backend = stagedBackend();
    const writer = createStore({ backend, ...(keepLast === undefined ? {} : { keepLast }) });
    const puts = [await writer.checkpoints.put("t", { n: 0 })];
    const before = async (): Promise<void> => {
      if (puts.length > 50) return;
      puts.push(await writer.checkpoints.put("t", { n: puts.length }));
      backend.before("read", before);
    };
    backend.before("read", before);
    const found = await startProcess(backend).checkpoints.record("t");
    expect(puts.slice(0, 5)).toContain(found?.id);
  },
);

test("an append without the head in its cache conflicts where the head has moved", async () => {
  const { one, two, ids } = await aLine(2);
  await two.checkpoints.put("t", { n: 0 });
  const call = one.checkpoints.append("t", { parentId: ids[1] ?? "", changes: more(11) });
  expect(await outcome(call)).toBe("CONFLICT");
});

test("a warm put does not stand on a tip that was deleted", async () => {
  const { one, two, ids, fresh } = await aLine(3);
  await two.checkpoints.delete("t", ids[2]);
  expect(await one.checkpoints.get("t")).toEqual(await fresh().get("t", ids[1]));
  const call = one.checkpoints.append("t", { parentId: ids[2] ?? "", changes: more(12) });
  expect(await outcome(call)).toBe("NOT_FOUND");
  const next = await one.checkpoints.put("t", { n: 1 });
  expect((await fresh().record("t", next))?.parentId).toBe(ids[1]);
});

test("after a deletion in the open segment nothing builds on it", async () => {
  const { one, two, ids, fresh } = await aLine(4);
  await two.checkpoints.delete("t", ids[1]);
  const next = await one.checkpoints.append("t", { parentId: ids[3] ?? "", changes: more(13) });
  await free(two.context, 1, 2, 3, 4);
  expect(await fresh().get("t", next)).toEqual(conversation14());
  const branch = { parentId: ids[1] ?? "", changes: more(13), branch: true };
  expect(await outcome(one.checkpoints.append("t", branch))).toBe("NOT_FOUND");
});

function conversation14() {
  return { messages: Array.from({ length: 14 }, (_, n) => message(n, 100)), step: 14 };
}

test("an append that lost its race to a deletion of its base is written whole", async () => {
  const { backend, one, two, ids, fresh } = await aLine(3);
  backend.before("write", () => two.checkpoints.delete("t", ids[0]));
  const next = await one.checkpoints.append("t", { parentId: ids[2] ?? "", changes: more(12) });
  await free(two.context, 1, 2, 3);
  expect((await fresh().get("t", next)) as object).toHaveProperty("step", 13);
});

test("a put under an operation id that was written meanwhile is recognised, not refused", async () => {
  const { backend, one, two, ids } = await aLine(2);
  const options = { parentId: ids[1] ?? "", changes: more(11), operationId: "op" };
  let first: string | undefined;
  backend.before("write", async () => {
    first = await two.checkpoints.append("t", options);
  });
  expect(await one.checkpoints.append("t", options)).toBe(first);
  backend.before("read", async () => {
    first = await two.checkpoints.append("t", {
      ...options,
      parentId: first ?? "",
      operationId: "op2",
    });
  });
  expect(
    await startProcess(backend).checkpoints.append("t", {
      ...options,
      parentId: first ?? "",
      operationId: "op2",
    }),
  ).toBe(first);
});

test("a reader whose base is freed under it sees that its own checkpoint is gone", async () => {
  const { backend, two, ids, fresh } = await aLine(4);
  const reader = fresh();
  backend.before("scan", () => free(two.context, 4, 3, 2, 1));
  expect(await reader.get("t", ids[3])).toBeNull();
});

test("a reader whose base is freed under it reads its rewritten record", async () => {
  const { backend, two, ids, fresh } = await aLine(4);
  const reader = fresh();
  const state = await fresh().get("t", ids[3]);
  backend.before("scan", async () => {
    await rewrite(two.context, 4, state);
    await free(two.context, 2);
  });
  expect(await reader.get("t", ids[3])).toEqual(state);
});

test("the head's reader begins again when the head has moved under it", async () => {
  const { backend, two, fresh } = await aLine(4);
  const reader = fresh();
  backend.before("scan", async () => {
    await two.checkpoints.put("t", { n: 1 });
    await free(two.context, 4, 3, 2, 1);
  });
  expect(await reader.get("t")).toEqual({ n: 1 });
});

test("a hole that nothing explains is damage, for every reader of it", async () => {
  const { one, ids, fresh } = await aLine(4);
  await free(one.context, 2);
  expect(await outcome(fresh().get("t", ids[3]))).toBe("CORRUPT");
  expect(await outcome(fresh().get("t"))).toBe("CORRUPT");
  const call = fresh().append("t", { parentId: ids[3] ?? "", changes: more(13) });
  expect(await outcome(call)).toBe("CORRUPT");
  expect(await fresh().get("t", ids[0])).toEqual(conversation(10, 100));
  await free(one.context, 4);
  expect(await outcome(fresh().record("t"))).toBe("CORRUPT");
});

test("a damaged record is damage, whichever byte it is", async () => {
  const { one, ids, fresh } = await aLine(2);
  const partition = one.context.thread("t");
  const key = checkpointKey(2);
  const record = (await partition.read([key], 0)).get(key);
  for (let at = 0; at < (record?.bytes.length ?? 0); at += 1) {
    const value = Uint8Array.from(record?.bytes ?? []);
    value[at] = (value[at] ?? 0) ^ 0x01;
    await partition.write([{ op: "put", key, value, expect: "any" }], 0);
    // A flag that says "compressed" makes the next bytes a size, which may be over all bounds.
    const codes = ["CORRUPT", "INCOMPATIBLE", "TOO_LARGE"];
    expect(codes).toContain(await outcome(fresh().get("t", ids[1])));
  }
});

test("a record that stands in another's place is damage", async () => {
  const { one, ids, fresh } = await aLine(3);
  const partition = one.context.thread("t");
  const found = await partition.read([checkpointKey(2)], 0);
  const value = found.get(checkpointKey(2))?.bytes ?? new Uint8Array();
  await partition.write([{ op: "put", key: checkpointKey(3), value, expect: "any" }], 0);
  expect(await outcome(fresh().get("t", ids[2]))).toBe("CORRUPT");
  expect(await outcome(fresh().get("t"))).toBe("CORRUPT");
});

test("the head below a deleted tip is one that was the head at one instant", async () => {
  const { backend, one, two, ids, fresh } = await aLine(3);
  await one.checkpoints.delete("t", ids[2]);
  backend.before("scan", async () => {
    await two.checkpoints.put("t", { n: 1 });
    await two.checkpoints.delete("t", ids[1]);
  });
  expect(await fresh().get("t")).toEqual({ n: 1 });
});

test("an expected head below a deleted tip is held to the deletions that were seen", async () => {
  const { backend, one, two, ids } = await aLine(3);
  await one.checkpoints.delete("t", ids[2]);
  backend.before("write", () => two.checkpoints.delete("t", ids[1]));
  expect(await outcome(one.checkpoints.put("t", { n: 1 }, { expectedHead: ids[1] ?? "" }))).toBe(
    "CONFLICT",
  );
  backend.before("write", () => two.checkpoints.put("t", { n: 2 }));
  expect(await outcome(one.checkpoints.put("t", { n: 1 }, { expectedHead: ids[0] ?? "" }))).toBe(
    "CONFLICT",
  );
});

test("a list is one that was true at one instant", async () => {
  const { backend, two, ids, fresh } = await aLine(4);
  const reader = fresh();
  backend.before("scan", async () => {
    await two.checkpoints.put("t", { n: 1 });
    await two.checkpoints.delete("t", ids[2]);
    await free(two.context, 3);
  });
  const list = await reader.list("t", { limit: 10 });
  expect(list.map(({ id }) => id).slice(1)).toEqual([ids[3], ids[1], ids[0]]);
});

test("a freed record among deleted ones does not disturb a list", async () => {
  const { two, ids, fresh } = await aLine(4);
  await two.checkpoints.delete("t", ids[3]);
  await free(two.context, 4);
  expect((await fresh().list("t")).map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
});

test("states and lists of several pages are read whole", async () => {
  const { ids, fresh } = await aLine(450);
  expect(await fresh().get("t")).toHaveProperty("step", 459);
  const list = await fresh().list("t", { limit: 1000 });
  expect(list.map(({ id }) => id)).toEqual(ids.toReversed());
  expect(await fresh().list("t")).toEqual(list.slice(0, 100));
});

test("a branch that this process could write warm still sees that its parent has expired", async () => {
  const { clock, one, ids } = await aLine(2);
  const changes = more(11);
  const parentId = await one.checkpoints.append("t", {
    parentId: ids[1] ?? "",
    changes,
    ttlMs: 10,
  });
  await one.checkpoints.append("t", { parentId, changes });
  const branch = { parentId, changes, branch: true };
  await one.checkpoints.append("t", branch);
  clock.now += 10;
  expect(await outcome(one.checkpoints.append("t", branch))).toBe("NOT_FOUND");
});

test("a branch below the head's segment is not written warm: its deletion moved no head", async () => {
  const { backend, clock } = await aLine(1);
  const process = startProcess(backend, { clock });
  const ada = process.scoped({ user: "ada" });
  const parentId = await ada.put("hers", conversation(3));
  await ada.put("hers", conversation(4));
  await ada.get("hers", parentId);
  await startProcess(backend, { clock }).scoped({ user: "ada" }).delete("hers", parentId);
  const branch = { parentId, changes: more(3), branch: true };
  expect(await outcome(ada.append("hers", branch))).toBe("NOT_FOUND");
});
