import { prefixRange, type Write } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { client, newClient, testTable } from "./tables.ts";

const put = (key: string, text: string): Write => ({
  op: "put",
  key,
  value: Buffer.from(text),
  expect: "any",
});

/** The service shows a transaction item by item to reads that are none; DynamoDB Local does it at once. Here one item stays as it was for three reads more. */
describeOn("dynamodb", "a transaction that shows late", () => {
  const range = { ...prefixRange(""), limit: 100 };

  test.each([
    ["a new record", [put("h", "2"), put("c/2", "new")], "0/c/2"],
    ["a replaced record", [put("h", "2"), put("c/1", "new")], "0/c/1"],
    [
      "a deleted record",
      [put("h", "2"), { op: "delete", key: "c/1", expect: "any" } as const],
      "0/c/1",
    ],
    [
      "one of many new records",
      [
        put("h", "2"),
        ...Array.from({ length: 90 }, (_, index) => put(`many/${1000 + index}`, "new")),
      ],
      "0/many/1045",
    ],
  ])("%s is waited for by scans and by reads", async (_, writes, late) => {
    const table = testTable();
    const writer = dynamoBackend({ client, table });
    await writer.setup("create");
    await writer.write("p", { writes: [put("h", "1"), put("c/1", "old")], now: 0 });
    const before = await itemAt(table, late);
    await writer.write("p", { writes, now: 0 });
    const expected = await writer.scan("p", range, 0);
    for (const look of ["scan", "read"] as const) {
      const slow = newClient();
      onTestFinished(() => slow.destroy());
      let reads = 3;
      slow.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const answer = await next(args);
            const output = answer.output as { Items?: Item[]; Item?: Item };
            const key = (args.input as { readonly Key?: Item }).Key?.["sk"]?.S;
            const isRead = commandName === "QueryCommand" || key === late;
            if (!isRead || reads === 0) return answer;
            reads -= 1;
            if (commandName === "QueryCommand")
              output.Items = [
                ...(output.Items ?? []).filter(({ sk }) => sk?.S !== late),
                ...(before ? [before] : []),
              ].toSorted((one, other) => (one["sk"]?.S ?? "").localeCompare(other["sk"]?.S ?? ""));
            else if (before) output.Item = before;
            else delete output.Item;
            return answer;
          },
        { step: "initialize" },
      );
      const reader = dynamoBackend({ client: slow, table });
      if (look === "scan") expect(await reader.scan("p", range, 0)).toEqual(expected);
      else {
        const key = late.slice(2);
        const record = expected.records.find((one) => one.key === key);
        expect(await reader.read("p", [key], 0)).toEqual([record]);
      }
      expect(reads).toBe(0);
    }
  });
});

type Item = Record<string, { S?: string }>;

async function itemAt(table: string, sk: string): Promise<Item | undefined> {
  const { GetItemCommand } = await import("@aws-sdk/client-dynamodb");
  const Key = { pk: { S: "p" }, sk: { S: sk } };
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: table, Key, ConsistentRead: true }),
  );
  return item;
}
