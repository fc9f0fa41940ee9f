import { type Backend, prefixRange, type Write } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { faultyClient, lost } from "./faults.ts";
import { client, testTable } from "./tables.ts";

describeOn("dynamodb", "an answer that is lost", () => {
  const small: Write = { op: "append", prefix: "x", value: Buffer.from("small") };
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
      const put: Write = { op: "put", key: "y", value: Buffer.from("theirs"), expect: "any" };
      const { faulty, other } = await pair({
        lose: verb,
        async meanwhile(backend) {
          await backend.write("p", { writes: [put], now: 0 });
          await backend.write("p", { writes: [put], now: 0 });
        },
      });
      expect(await faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 1 });
      expect(await keys(other)).toHaveLength(2);

      const dropped = await pair({ lose: verb, meanwhile: (backend) => backend.drop("p", 0) });
      expect(await dropped.faulty.write("p", { writes: [write], now: 0 })).toEqual({ revision: 1 });
      expect(await keys(dropped.other)).toEqual([]);
    },
  );

  test("of one put that many others have followed is said to be lost, and nothing is written twice", async () => {
    const put: Write = { op: "put", key: "y", value: Buffer.from("theirs"), expect: "any" };
    const { faulty, other } = await pair({
      lose: "PutItem",
      async meanwhile(backend) {
        for (let count = 0; count < 5; count += 1)
          await backend.write("p", { writes: [put], now: 0 });
      },
    });
    await expect(faulty.write("p", { writes: [small], now: 0 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
    expect(await keys(other)).toHaveLength(2);
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

/** Two backends on one table. The first answer to that call of the faulty one is lost, and something may happen before it is asked for again. */
async function pair({
  lose,
  meanwhile,
}: {
  readonly lose: string;
  readonly meanwhile?: (other: Backend) => Promise<void>;
}): Promise<{ readonly faulty: Backend; readonly other: Backend }> {
  const table = testTable();
  const other = dynamoBackend({ client, table });
  await other.setup("create");
  let losses = 1;
  const line = faultyClient({
    async after(command) {
      if (command !== lose || losses === 0) return;
      losses -= 1;
      await meanwhile?.(other);
      throw lost();
    },
  });
  onTestFinished(() => line.destroy());
  return { faulty: dynamoBackend({ client: line, table }), other };
}

async function keys(backend: Backend): Promise<readonly string[]> {
  const { records } = await backend.scan("p", { ...prefixRange(""), limit: 100 }, 0);
  return records.map(({ key }) => key);
}
