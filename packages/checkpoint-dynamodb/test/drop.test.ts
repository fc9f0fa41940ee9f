import {
  type BatchWriteItemCommandInput,
  type DynamoDBClient,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Backend, prefixRange, type Write } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { collision, cutClient, faultyClient } from "./faults.ts";
import { client, newClient, testTable } from "./tables.ts";
import { itemsIn } from "./items.ts";

const LIMITS = { ...prefixRange(""), limit: 10 };

describeOn("dynamodb", "a drop", () => {
  test("that is cut at each call hides everything from the first on, and another one finishes it", async () => {
    const records = 400;
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    for (let cut = 1; ; cut += 1) {
      const name = `p${cut}`;
      await fill(backend, name, records);
      const cutOff = cutAfter(table, cut);
      const outcome = await cutOff.drop(name, 0).then(
        () => "done",
        () => "cut",
      );
      if (cut > 2 || outcome === "done") {
        expect(await backend.scan(name, LIMITS, 0)).toEqual({ records: [] });
        expect(await backend.read(name, ["m", "m/"], 0)).toEqual([undefined, undefined]);
        await expect(backend.write(name, { writes: [late], now: 0 })).rejects.toMatchObject({
          code: "DELETED",
        });
      }
      await backend.drop(name, 0);
      expect(await itemsIn(table, name)).toEqual(["#"]);
      if (outcome === "done") break;
    }
  });

  test("that was cut short brings nothing back when the partition is revived, and what it left is deleted", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    await fill(backend, "p", 200);
    await expect(cutAfter(table, 3).drop("p", 0)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect((await itemsIn(table, "p")).length).toBeGreaterThan(1);
    expect(await backend.write("p", { writes: [late], now: 0, revive: true })).toEqual({
      revision: 4,
    });
    const { records } = await backend.scan("p", LIMITS, 0);
    expect(records.map(({ key }) => key)).toEqual(["a/b"]);
    expect(await itemsIn(table, "p")).toEqual(["#", "1/a/b"]);
  });

  test.each([
    ["BatchWriteItem", "TransactionConflictException"],
    ["BatchWriteItem", "ReplicatedWriteConflictException"],
    ["PutItem", "TransactionConflictException"],
  ])("whose %s meets a %s leaves no record for that", async (verb, type) => {
    const table = testTable();
    await dynamoBackend({ client, table }).setup("create");
    const backend = colliding(table, verb, type);
    await fill(backend, "p", 60);
    await backend.drop("p", 0);
    expect(await itemsIn(table, "p")).toEqual(["#"]);
    expect(await isUndeleted(table)).toBe(false);
  });

  test("that was cut short is finished by a revival that meets others", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    await fill(backend, "p", 60);
    await expect(cutAfter(table, 3).drop("p", 0)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await colliding(table, "BatchWriteItem").write("p", { writes: [late], now: 0, revive: true });
    expect(await itemsIn(table, "p")).toEqual(["#", "1/a/b"]);
  });

  test("that is throttled goes on while it deletes anything, however long that takes", async () => {
    const table = testTable();
    await dynamoBackend({ client, table }).setup("create");
    const backend = dynamoBackend({ client: throttledClient(1), table, waitMs: 20 });
    await fill(backend, "p", 20);
    await backend.drop("p", 0);
    expect(await itemsIn(table, "p")).toEqual(["#"]);
  });

  test("that is throttled for long is retryable after a delay, and the next one finishes it", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    await backend.setup("create");
    await fill(backend, "p", 20);
    const throttled = dynamoBackend({ client: throttledClient(0), table, waitMs: 20 });
    await expect(throttled.drop("p", 0)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      retryAfterMs: 1000,
      message: expect.stringContaining("Partition p was dropped"),
    });
    expect(await backend.scan("p", LIMITS, 0)).toEqual({ records: [] });
    await backend.drop("p", 0);
    expect(await itemsIn(table, "p")).toEqual(["#"]);
    expect(await isUndeleted(table)).toBe(false);
  });
});

const late: Write = { op: "put", key: "a/b", value: Buffer.alloc(10), expect: "absent" };

async function fill(backend: Backend, name: string, records: number): Promise<void> {
  for (let left = records; left > 0; left -= 90)
    await backend.write(name, {
      writes: Array.from({ length: Math.min(90, left) }, () => ({
        op: "append",
        prefix: "m/",
        value: Buffer.alloc(10),
      })),
      now: 0,
    });
}

/** A backend whose process dies at this call. */
function cutAfter(table: string, calls: number): Backend {
  const line = cutClient(calls);
  onTestFinished(() => line.destroy());
  return dynamoBackend({ client: line, table });
}

/** A backend whose second call of this verb meets another write, as do the next eleven. */
function colliding(table: string, verb: string, type?: string): Backend {
  let calls = 0;
  const line = faultyClient({
    refusal(command) {
      if (command === verb) calls += 1;
      return command === verb && calls >= 2 && calls <= 13 ? collision(type) : undefined;
    },
  });
  onTestFinished(() => line.destroy());
  return dynamoBackend({ client: line, table });
}

/** A client of a table without capacity: of each batch that many items are deleted, and the others come back. */
function throttledClient(items: number): DynamoDBClient {
  const line = newClient();
  onTestFinished(() => line.destroy());
  line.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== "BatchWriteItemCommand") return next(args);
        const { RequestItems = {} } = args.input as BatchWriteItemCommandInput;
        const [[table, requests] = ["", []]] = Object.entries(RequestItems);
        const taken = { RequestItems: { [table]: requests.slice(0, items) } };
        const rest = requests.slice(items);
        const UnprocessedItems = rest.length > 0 ? { [table]: rest } : {};
        const { response } =
          items > 0 ? await next({ ...args, input: taken }) : { response: undefined };
        return { response, output: { $metadata: {}, UnprocessedItems } as never };
      },
    { step: "initialize" },
  );
  return line;
}

/** Whether the tombstone says that records are still to be deleted. */
async function isUndeleted(TableName: string): Promise<boolean> {
  const Key = { pk: { S: "p" }, sk: { S: "#" } };
  const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
  return Item?.["u"] !== undefined;
}
