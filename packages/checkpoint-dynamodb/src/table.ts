import {
  type AttributeValue,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import type { StorageError } from "@perdure/checkpoint-core";
import type { DynamoClient } from "./client.ts";
import { storageError } from "./errors.ts";
import type { Place } from "./location.ts";

/** An item as the service gives it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** The primary key of an item. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** A put that depends on what is there. */
export interface ConditionalPut {
  readonly item: Item;
  readonly condition: string;
  readonly values?: Item;
}

/** What the service keeps of a table's calls: each is one request, read strongly consistent. The SDK's errors come as they are; {@link Table.failure} translates them. */
export interface Table {
  readonly name: string;
  get(key: ItemKey): Promise<Item | undefined>;
  /** The items under these keys, as of one instant, in their order. At most 100, at most 4 MB. */
  getTogether(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]>;
  put(put: ConditionalPut): Promise<void>;
  /** All or nothing. The token lets the SDK try again: the service answers a second request with it as it did the first, for 10 minutes. */
  writeTogether(actions: readonly TransactWriteItem[], token: string): Promise<void>;
  query(
    input: Omit<QueryCommandInput, "TableName" | "ConsistentRead">,
  ): Promise<{ readonly items: readonly Item[]; readonly last?: Item }>;
  /** Deletes at most 25 items and returns the keys of those that are still to be deleted. */
  deleteEach(keys: readonly ItemKey[]): Promise<readonly ItemKey[]>;
  /** Any other command. */
  ask(command: object): Promise<unknown>;
  /** An error of a call as ours. */
  failure(error: unknown): StorageError;
  close(): void;
}

/** Milliseconds after which a call that was not answered counts as failed, all tries of the SDK together. */
const CALL_MS = 30_000;

/** The table of a place. Nothing is asked of it here; a client that is made here is made at the first call. */
export function tableAt(place: Place): Table {
  const { table: name } = place;
  let own: DynamoDBClient | undefined;
  const client = (): DynamoClient => {
    if ("client" in place) return place.client;
    own ??= new DynamoDBClient(place.config);
    return own;
  };
  const ask = async (command: object): Promise<unknown> =>
    client().send(command, { abortSignal: AbortSignal.timeout(CALL_MS) });
  return {
    ...callsOf(name, ask),
    name,
    ask,
    failure: (error) => storageError(error, `table ${name}`),
    close() {
      own?.destroy();
    },
  };
}

type Calls = Pick<Table, "get" | "getTogether" | "put" | "writeTogether" | "query" | "deleteEach">;

function callsOf(TableName: string, ask: Table["ask"]): Calls {
  return {
    async get(key) {
      const command = new GetItemCommand({ TableName, Key: keyOf(key), ConsistentRead: true });
      return ((await ask(command)) as { readonly Item?: Item }).Item;
    },
    async getTogether(keys) {
      const TransactItems = keys.map((key) => ({ Get: { TableName, Key: keyOf(key) } }));
      const answer = await ask(new TransactGetItemsCommand({ TransactItems }));
      const { Responses = [] } = answer as {
        readonly Responses?: readonly { readonly Item?: Item }[];
      };
      return keys.map((_, index) => Responses[index]?.Item);
    },
    async put(put) {
      const { Put } = putAction(TableName, put);
      if (Put) await ask(new PutItemCommand(Put));
    },
    async writeTogether(actions, token) {
      await ask(
        new TransactWriteItemsCommand({ TransactItems: [...actions], ClientRequestToken: token }),
      );
    },
    async query(input) {
      const answer = await ask(new QueryCommand({ ...input, TableName, ConsistentRead: true }));
      const { Items = [], LastEvaluatedKey } = answer as {
        readonly Items?: readonly Item[];
        readonly LastEvaluatedKey?: Item;
      };
      return LastEvaluatedKey ? { items: Items, last: LastEvaluatedKey } : { items: Items };
    },
    async deleteEach(keys) {
      const requests = keys.map((key) => ({ DeleteRequest: { Key: keyOf(key) } }));
      const answer = await ask(
        new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }),
      );
      const { UnprocessedItems = {} } = answer as {
        readonly UnprocessedItems?: Readonly<
          Record<string, readonly { readonly DeleteRequest?: { readonly Key?: Item } }[]>
        >;
      };
      return (Object.values(UnprocessedItems)[0] ?? []).flatMap(({ DeleteRequest }) => {
        const { pk, sk } = DeleteRequest?.Key ?? {};
        return pk?.S === undefined || sk?.S === undefined ? [] : [{ pk: pk.S, sk: sk.S }];
      });
    },
  };
}

/** A put that depends on what is there, as an item of a transaction. */
export function putAction(
  TableName: string,
  { item, condition, values }: ConditionalPut,
): TransactWriteItem {
  return {
    Put: {
      TableName,
      Item: item,
      ConditionExpression: condition,
      ...(values ? { ExpressionAttributeValues: values } : {}),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    },
  };
}

/** A primary key as the service takes it. */
export function keyOf({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } };
}
