import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  paginateScan,
  PutItemCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION, freshName } from "@perdure/engines";
import { bytesOf } from "../dynamodb/units.ts";
import { type Engine, NOTE, type Raw, type Space } from "./engine.ts";

const ATTRIBUTES = ["pk", "sk"] as const;

/** Tables of a DynamoDB Local, dropped in the end. Its times are its own and none of the service's; `capacity.ts` has the units. */
export async function dynamodbEngine(url: string): Promise<Engine> {
  const opened = new AsyncDisposableStack();
  const admin = opened.adopt(newClient(url), async (it) => it.destroy());
  return {
    name: "DynamoDB Local",
    durability: "in memory; its times are not the service's",
    space: async () => dynamodbSpace(url, admin, opened),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function dynamodbSpace(url: string, admin: DynamoDBClient, opened: AsyncDisposableStack): Space {
  const table = freshName();
  opened.defer(() => dropTable(admin, table));
  const client = opened.adopt(newClient(url), async (it) => it.destroy());
  let sent = 0;
  client.middlewareStack.add(
    (next) => (args) => {
      sent += 1;
      return next(args);
    },
    { step: "initialize" },
  );
  return {
    backend: () => opened.use(dynamoBackend({ client, table })),
    async raw() {
      await makeTable(client, `${table}-raw`);
      opened.defer(() => dropTable(admin, `${table}-raw`));
      return rawDynamodb(client, `${table}-raw`);
    },
    bytes: () => tableBytes(admin, table),
    trips: () => sent,
  };
}

/** Messages are items of a thread's partition key, in their order; a whole thread is one item. */
function rawDynamodb(client: DynamoDBClient, TableName: string): Raw {
  let count = 0;
  const item = (thread: string, place: string, body: string) => ({
    TableName,
    Item: { pk: { S: thread }, sk: { S: place }, body: { S: body } },
  });
  const put = async (thread: string, place: string, body: string): Promise<void> => {
    await client.send(new PutItemCommand(item(thread, place, body)));
  };
  return {
    insert(thread, body) {
      count += 1;
      return put(thread, String(count).padStart(16, "0"), body);
    },
    async insertOnce(thread, body, operation) {
      count += 1;
      const own = `once ${thread}`;
      const named = {
        ...item(own, `o ${operation}`, NOTE),
        ConditionExpression: "attribute_not_exists(pk)",
      };
      const TransactItems = [
        { Put: item(own, `c ${String(count).padStart(16, "0")}`, body) },
        { Put: item(own, "h", NOTE) },
        { Put: named },
      ];
      await client.send(new TransactWriteItemsCommand({ TransactItems }));
    },
    async read(thread) {
      const messages: unknown[] = [];
      const query = {
        TableName,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: thread } },
        ConsistentRead: true,
      };
      for await (const { Items = [] } of paginateQuery({ client }, query))
        messages.push(...Items.map(({ body }) => JSON.parse(body?.S ?? "null") as unknown));
      return messages;
    },
    save: (thread, body) => put(`whole ${thread}`, "-", body),
    async load(thread) {
      const Key = { pk: { S: `whole ${thread}` }, sk: { S: "-" } };
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key, ConsistentRead: true }),
      );
      return JSON.parse(Item?.["body"]?.S ?? "null") as unknown;
    },
  };
}

async function makeTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const [hash, range] = ATTRIBUTES;
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ATTRIBUTES.map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        { AttributeName: range, KeyType: "RANGE" },
      ],
    }),
  );
}

async function dropTable(client: DynamoDBClient, TableName: string): Promise<void> {
  try {
    await client.send(new DeleteTableCommand({ TableName }));
  } catch (error) {
    // One that nothing was put into was never made.
    if ((error as Error).name !== "ResourceNotFoundException") throw error;
  }
}

/** All items, as the service counts their bytes. */
async function tableBytes(client: DynamoDBClient, TableName: string): Promise<number> {
  let bytes = 0;
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    for (const item of Items) bytes += bytesOf(item);
  return bytes;
}

function newClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: new URL(endpoint).origin,
    region: DYNAMODB_REGION,
    credentials: DYNAMODB_CREDENTIALS,
  });
}
