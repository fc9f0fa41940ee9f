import { type Backend, prefixRange, type Write } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { collision, faultyClient, lost } from "./faults.ts";
import { client, testTable } from "./tables.ts";

describeOn("dynamodb", "an answer that is lost", () => {
  const small: Write = { op: "append", prefix: "x", value: Buffer.from("small") };
  const theirs: Write = { op: "put", key: "y", value: Buffer.from("theirs"), expect: "any" };
  const follow = async (backend: Backend, writes: number): Promise<void> => {
    for (let left = writes; left > 0; left -= 1)
      await backend.write("p", { writes: [theirs], now: 0 });
  };
  const large: Write = { op: "append", prefix: "x/", value: Buffer.alloc(3000, 1) };

  test.each([
    ["one put", small, "PutItem"],
    ["a transaction", large, "TransactWriteItems"],
  ] as const)("of %s is asked for again, and the write is done once", async (_, write, verb) => {
    const { faulty, other } = await pair({ lose: verb });
    expect(await faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 1 });
    expect(await keys(other)).toHaveLength(1);
    expect(await faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 2 });
    expect(await keys(other)).toHaveLength(2);
  });

  test.each([
    ["one put", small, "PutItem"],
    ["a transaction", large, "TransactWriteItems"],
  ] as const)(
    "of %s is found out though others have written since, and though the partition was dropped",
    async (_, write, verb) => {
      const { faulty, other } = await pair({
        lose: verb,
        meanwhile: (backend) => follow(backend, 2),
      });
      expect(await faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 1 });
      expect(await keys(other)).toHaveLength(2);

      const dropped = await pair({ lose: verb, meanwhile: (backend) => backend.drop("p", 0) });
      expect(await dropped.faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 1 });
      expect(await keys(dropped.other)).toEqual([]);
    },
  );

  test("of one put that many others have followed is said to be lost, and nothing is written twice", async () => {
    const { faulty, other } = await pair({
      lose: "PutItem",
      meanwhile: (backend) => follow(backend, 5),
    });
    await expect(faulty.write("p", { writes: [small], now: 0 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    expect(await keys(other)).toHaveLength(2);
  });

  test.each([
    ["append", small, 2],
    ["put that expects nothing there", { ...theirs, key: "z", expect: "absent" }, 2],
  ] as const)(
    "of one %s is said to be lost where the next try met another write and many have followed",
    async (_, write, after) => {
      const { faulty, other } = await pair({
        lose: "PutItem",
        collisions: 1,
        meanwhile: (backend) => follow(backend, 5),
      });
      await expect(faulty.write("p", { writes: [write], now: 0 })).rejects.toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
      });
      expect(await keys(other)).toHaveLength(after);
    },
  );

  test("of one put is found out where the next try met another write and few have followed", async () => {
    const { faulty, other } = await pair({
      lose: "PutItem",
      collisions: 1,
      meanwhile: (backend) => follow(backend, 3),
    });
    expect(await faulty.write("p", { writes: [small], now: 0 })).toEqual({ revision: 1 });
    expect(await keys(other)).toHaveLength(2);
  });

  test("of one put is never told as nothing written, however long the next tries meet others", async () => {
    const { faulty, other } = await pair({ lose: "PutItem", collisions: Infinity, waitMs: 20 });
    await expect(faulty.write("p", { writes: [small], now: 0 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("may have happened"),
    });
    expect(await keys(other)).toHaveLength(1);
  });

  test("of a drop is asked for again, and of a revival", async () => {
    const { faulty, other } = await pair({ lose: "PutItem" });
    await other.write("p", { writes: [small, large], now: 0 });
    await faulty.drop("p", 0);
    await expect(other.write("p", { writes: [small], now: 0 })).rejects.toMatchObject({
      code: "DELETED",
    });
    const revived = await pair({ lose: "TransactWriteItems" });
    await revived.other.write("p", { writes: [small, large], now: 0 });
    await revived.other.drop("p", 0);
    expect(await revived.faulty.write("p", { writes: [large], now: 0, revive: true })).toEqual({
      revision: 2,
    });
    expect(await keys(revived.other)).toHaveLength(1);
  });
});

/** Two backends on one table. The first answer to that call of the faulty one is lost, something may happen before it is asked for again, and then it may meet other writes so many times. */
async function pair({
  lose,
  meanwhile,
  collisions = 0,
  waitMs = 10_000,
}: {
  readonly lose: string;
  readonly meanwhile?: (other: Backend) => Promise<void>;
  readonly collisions?: number;
  readonly waitMs?: number;
}): Promise<{ readonly faulty: Backend; readonly other: Backend }> {
  const table = testTable();
  const other = dynamoBackend({ client, table });
  await other.setup("create");
  let losses = 1;
  let left = collisions;
  const line = faultyClient({
    refusal(command) {
      if (command !== lose || losses > 0 || left === 0) return undefined;
      left -= 1;
      return collision();
    },
    async after(command) {
      if (command !== lose || losses === 0) return;
      losses -= 1;
      await meanwhile?.(other);
      throw lost();
    },
  });
  onTestFinished(() => line.destroy());
  return { faulty: dynamoBackend({ client: line, table, waitMs }), other };
}

async function keys(backend: Backend): Promise<readonly string[]> {
  const { records } = await backend.scan("p", { ...prefixRange(""), limit: 100 }, 0);
  return records.map(({ key }) => key);
}
