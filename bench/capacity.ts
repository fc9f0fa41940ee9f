import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { createStore, type Store } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION, engine, freshName } from "@perdure/engines";
import { operation } from "./conversation.ts";
import { type Message, newMessage } from "./message.ts";
import { type Meter, metered, plus, type Units } from "./dynamodb/units.ts";

/** Dollars for a million write and read request units: on demand, standard table class, us-east-1 (https://aws.amazon.com/dynamodb/pricing/on-demand/, as of November 2024). */
const DOLLARS = { write: 0.625, read: 0.125 };
/** Where the table has a row. */
const DEPTHS: readonly number[] = [10, 50, 200, 1000];
/** The promise: write units of the first 200 puts against those of a full-state writer. */
const [PROMISED_AT, AT_MOST] = [200, 0.105];
const THREAD = "conversation-1";

/** One way to keep a growing conversation: what is done with each message, and what a process does that knows nothing of it. */
interface Way {
  readonly name: string;
  readonly promised?: boolean;
  /** Starts a thread and returns what keeps the next message. */
  readonly start: (store: Store) => Promise<(messages: readonly Message[]) => Promise<unknown>>;
  readonly get: (store: Store) => Promise<unknown>;
}

/** What a way had cost after so many messages. */
interface Line {
  readonly messages: number;
  readonly last: Units;
  readonly all: Units;
  readonly get: Units;
  readonly stored: number;
}

const latest = (store: Store): Promise<unknown> => store.checkpoints.get(THREAD);

const WAYS: readonly Way[] = [
  {
    name: "checkpoints.append, each under an operation id",
    promised: true,
    get: latest,
    async start({ checkpoints }) {
      let parentId = await checkpoints.put(THREAD, { messages: [] }, { operationId: operation(0) });
      return async (messages) => {
        parentId = await checkpoints.append(THREAD, {
          parentId,
          changes: [{ path: ["messages"], append: messages.slice(-1) }],
          operationId: operation(messages.length),
        });
      };
    },
  },
  {
    name: "checkpoints.put of the whole state, each under an operation id",
    promised: true,
    get: latest,
    start:
      async ({ checkpoints }) =>
      (messages) =>
        checkpoints.put(THREAD, { messages }, { operationId: operation(messages.length) }),
  },
  {
    name: "checkpoints.put of the whole state, without an operation id",
    promised: true,
    get: latest,
    start:
      async ({ checkpoints }) =>
      (messages) =>
        checkpoints.put(THREAD, { messages }),
  },
  {
    name: "history.append, each under an operation id",
    get: (store) => store.history.read(THREAD),
    start:
      async ({ history }) =>
      (messages) =>
        history.append(
          THREAD,
          messages.slice(-1).map((value) => ({ value })),
          {
            operationId: operation(messages.length),
          },
        ),
  },
];

await using local = await engine("dynamodb");
console.log(
  `DynamoDB Local (${local.origin}). Units by the published rules; in brackets what DynamoDB Local reports.\n`,
);
const full = await fullState();
print("a full-state writer: the JSON of the whole state in one item of its own a message", full);
for (const way of WAYS) {
  const lines = await costs(way);
  print(way.name, lines);
  const ratio = ratioOf(lines, PROMISED_AT);
  if (way.promised && ratio > AT_MOST) process.exitCode = 1;
}

async function costs({ start, get }: Way): Promise<readonly Line[]> {
  const TableName = freshName();
  const { client, meter } = newClient();
  const store = createStore({ backend: dynamoBackend({ client, table: TableName }) });
  await store.setup();
  const keep = await start(store);
  meter.take();
  const lines = await growing(meter, keep, () =>
    get(createStore({ backend: dynamoBackend({ client, table: TableName }) })),
  );
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
  return lines;
}

/** What others do. Above 400 KB its item cannot be written: then the units are what the bytes would take. */
async function fullState(): Promise<readonly Line[]> {
  const TableName = freshName();
  const { client, meter } = newClient();
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  let last = 0;
  const lines = await growing(
    meter,
    async (messages) => {
      last = messages.length;
      const v = { B: Buffer.from(JSON.stringify({ messages })) };
      if (v.B.byteLength > 399 * 1024) return meter.imagine(v.B.byteLength + 40);
      await client.send(new PutItemCommand({ TableName, Item: { ...keyOf(last), v } }));
      return undefined;
    },
    () => client.send(new GetItemCommand({ TableName, Key: keyOf(last), ConsistentRead: true })),
  );
  await client.send(new DeleteTableCommand({ TableName }));
  client.destroy();
  return lines;
}

function keyOf(messages: number) {
  return { pk: { S: THREAD }, sk: { S: String(messages).padStart(16, "0") } };
}

async function growing(
  meter: Meter,
  keep: (messages: readonly Message[]) => Promise<unknown>,
  get: () => Promise<unknown>,
): Promise<readonly Line[]> {
  const messages: Message[] = [];
  const lines: Line[] = [];
  let all = meter.take();
  for (const depth of DEPTHS) {
    let last = all;
    while (messages.length < depth) {
      messages.push(newMessage());
      await keep(messages);
      last = meter.take();
      all = plus(all, last);
    }
    await get();
    lines.push({ messages: depth, last, all, get: meter.take(), stored: meter.stored() });
  }
  return lines;
}

function newClient(): { readonly client: DynamoDBClient; readonly meter: Meter } {
  const client = new DynamoDBClient({
    endpoint: local.url,
    region: DYNAMODB_REGION,
    credentials: DYNAMODB_CREDENTIALS,
  });
  return { client, meter: metered(client) };
}

function ratioOf(lines: readonly Line[], messages: number): number {
  const at = (one: readonly Line[]): number =>
    one.find((line) => line.messages === messages)?.all.write ?? Number.NaN;
  return at(lines) / at(full);
}

function print(name: string, lines: readonly Line[]): void {
  const cells = [
    [
      "messages",
      "a put: WRU",
      "RRU",
      "$ a million puts",
      "all puts: WRU",
      "of full state",
      "a get: RRU",
      "$ a million gets",
      "stored KB",
    ],
    ...lines.map(({ messages, last, all, get, stored }) => [
      String(messages),
      `${last.write} (${last.reportedWrite})`,
      `${last.read} (${last.reportedRead})`,
      (last.write * DOLLARS.write + last.read * DOLLARS.read).toFixed(2),
      String(all.write),
      `${(100 * ratioOf(lines, messages)).toFixed(1)} %`,
      `${get.read} (${get.reportedRead})`,
      (get.read * DOLLARS.read).toFixed(2),
      (stored / 1024).toFixed(0),
    ]),
  ];
  console.log(`### ${name}\n`);
  const [head = [], ...rows] = cells;
  for (const row of [head, head.map((_, index) => (index === 0 ? "---" : "---:")), ...rows])
    console.log(`| ${row.join(" | ")} |`);
  console.log();
}
