import {
  CreateTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { dynamoBackend, dynamoStore } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { expect, onTestFinished, test } from "vitest";
import { SCHEMA_ITEM, SCHEMA_VERSION } from "../src/schema.ts";
import { keyOf } from "../src/table.ts";
import { faultyClient } from "./faults.ts";
import { cloudFormation, type Described, policyActions, terraform } from "./readme.ts";
import { client, newClient, testTable } from "./tables.ts";

describeOn("dynamodb", "the table", () => {
  test.each([
    ["CloudFormation", cloudFormation()],
    ["Terraform", terraform()],
  ])(
    "that the README's %s makes is what verify expects, and what is used",
    async (_, { table, ttl }) => {
      const TableName = testTable();
      await client.send(new CreateTableCommand({ TableName, ...table }));
      const backend = dynamoBackend({ client, table: TableName });
      await expect(backend.setup("verify")).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: expect.stringContaining("no time to live on `ttl`"),
      });
      await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: ttl }));
      await backend.setup("verify");
      await dynamoStore({ client, table: TableName }).checkpoints.put("t", { step: 1 });
      await backend.setup("verify");
    },
  );

  test("that setup makes is on demand, as the README's", async () => {
    const TableName = testTable();
    await dynamoBackend({ client, table: TableName }).setup("create");
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const { BillingMode, AttributeDefinitions, KeySchema }: Described["table"] =
      cloudFormation().table;
    expect(Table?.BillingModeSummary?.BillingMode).toBe(BillingMode);
    expect(Table?.AttributeDefinitions).toEqual(AttributeDefinitions);
    expect(Table?.KeySchema).toEqual(KeySchema);
  });

  test("that is not there is not made by verify", async () => {
    const table = testTable();
    const backend = dynamoBackend({ client, table });
    for (let time = 0; time < 2; time += 1)
      await expect(backend.setup("verify")).rejects.toMatchObject({
        code: "NOT_FOUND",
        retryable: false,
        message: expect.stringContaining("is not there"),
      });
  });

  test("of something else is refused, and left as it is", async () => {
    const TableName = testTable();
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    const backend = dynamoBackend({ client, table: TableName });
    for (const mode of ["verify", "create"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("belongs to something else"),
      });
  });

  test("whose time to live is on another attribute is refused at once, and left as it is", async () => {
    const { table } = terraform();
    const TableName = testTable();
    await client.send(new CreateTableCommand({ TableName, ...table }));
    const TimeToLiveSpecification = { AttributeName: "expires", Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    const backend = dynamoBackend({ client, table: TableName });
    for (const mode of ["verify", "create"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/on `expires`.*on `ttl`/),
      });
  });

  test("that a role may not make is said to be missing, with the region", async () => {
    const line = faultyClient({
      refusal: (command) =>
        command === "CreateTable"
          ? {
              status: 400,
              body: {
                __type: "com.amazon.coral.service#AccessDeniedException",
                Message: "User: arn:aws:iam::1:user/u is not authorized: dynamodb:CreateTable",
              },
            }
          : undefined,
    });
    onTestFinished(() => line.destroy());
    const backend = dynamoBackend({ client: line, table: testTable() });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "NOT_FOUND",
      retryable: false,
      message: expect.stringMatching(/is not in this region.*may not make it/),
      cause: { name: "AccessDeniedException" },
    });
  });

  test("of several regions with strong consistency is refused, since it has no transactions", async () => {
    const table = testTable();
    const strong = newClient();
    onTestFinished(() => strong.destroy());
    strong.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          if (commandName === "DescribeTableCommand")
            Object.assign((answer.output as { Table: object }).Table, {
              MultiRegionConsistency: "STRONG",
            });
          return answer;
        },
      { step: "initialize" },
    );
    await dynamoBackend({ client, table }).setup("create");
    await expect(dynamoBackend({ client: strong, table }).setup("verify")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("strong consistency"),
    });
  });

  test("of a newer layout is refused", async () => {
    const TableName = testTable();
    const backend = dynamoBackend({ client, table: TableName });
    await backend.setup("create");
    const Item = { ...keyOf(SCHEMA_ITEM), r: { N: String(SCHEMA_VERSION + 1) } };
    await client.send(new PutItemCommand({ TableName, Item }));
    for (const mode of ["verify", "create"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({
        code: "INCOMPATIBLE",
        retryable: false,
      });
  });

  test("is asked for with one read where it is ready", async () => {
    const table = testTable();
    await dynamoBackend({ client, table }).setup("create");
    const commands: string[] = [];
    const own = newClient((command) => commands.push(command));
    onTestFinished(() => own.destroy());
    await dynamoBackend({ client: own, table }).setup("create");
    expect(commands).toEqual(["GetItem"]);
  });
});

describeOn("dynamodb", "the policy", () => {
  test("of the README holds the actions that a store needs on a table that is there, and no more", async () => {
    const { table, ttl } = terraform();
    const TableName = testTable();
    await client.send(new CreateTableCommand({ TableName, ...table }));
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: ttl }));
    const needed = new Set<string>();
    const own = newClient();
    onTestFinished(() => own.destroy());
    own.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          for (const action of actionsOf(String(commandName), args.input))
            needed.add(`dynamodb:${action}`);
          return next(args);
        },
      { step: "initialize" },
    );
    const store = dynamoStore({ client: own, table: TableName });
    await store.setup("verify");
    await store.setup();
    const id = await store.checkpoints.put("t", { text: "x".repeat(5000) }, { operationId: "o" });
    await store.checkpoints.put("t", { text: "y".repeat(5000) }, { expectedHead: id });
    await store.checkpoints.get("t");
    await store.history.append("t", [{ id: "e", value: "hello" }], { operationId: "h" });
    await store.history.clear("t");
    await store.checkpoints.delete("t", id);
    const backend = dynamoBackend({ client: own, table: TableName });
    await backend.write("p", {
      writes: [{ op: "put", key: "a/b", value: Buffer.alloc(1), expect: "any" }],
      now: 0,
    });
    await backend.write("p", {
      writes: [
        { op: "check", key: "a/b", expect: 1 },
        { op: "delete", key: "a/c", expect: "any" },
      ],
      now: 0,
    });
    await store.threads.delete("t");
    await store.maintain({ ms: 10_000 });
    expect([...needed].toSorted()).toEqual(policyActions());
  });
});

/** What a command needs the right to: a transaction the actions of its items (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html). */
function actionsOf(command: string, input: object): readonly string[] {
  const name = command.replace(/Command$/, "");
  if (name === "TransactGetItems") return ["GetItem"];
  if (name !== "TransactWriteItems") return [name];
  const { TransactItems = [] } = input as { readonly TransactItems?: readonly object[] };
  const rights: Readonly<Record<string, string>> = {
    Put: "PutItem",
    Delete: "DeleteItem",
    ConditionCheck: "ConditionCheckItem",
  };
  return TransactItems.flatMap((item) => Object.keys(item).map((kind) => rights[kind] ?? kind));
}
