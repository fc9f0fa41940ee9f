import {
  CreateTableCommand,
  DescribeTableCommand,
  type DescribeTableCommandOutput,
  DescribeTimeToLiveCommand,
  type DescribeTimeToLiveCommandOutput,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { IncompatibleError, StorageError } from "@perdure/checkpoint-core";
import { isConditionFailure } from "./errors.ts";
import { numberOf, numberValue } from "./item.ts";
import { patience } from "./pause.ts";
import { type ItemKey, keyOf, type Table } from "./table.ts";

/** How items are laid out, as this code knows it. */
export const SCHEMA_VERSION = 1;

/** The item that says which layout the table has. No partition has an item of this sort key. */
export const SCHEMA_ITEM: ItemKey = { pk: "#perdure", sk: "#schema" };

/** The attribute by which the service deletes what has expired. */
const TTL = "ttl";

/** How long a table may take to be made. */
const CREATION_MS = 5 * 60 * 1000;

/**
 * After this the table is there, with its key and its time to live, and says its version. One that is ready costs one read. Safe from many processes at once: one of them makes the table, the others wait for it.
 */
export async function createTable(table: Table): Promise<void> {
  if (await isReady(table)) return;
  const waiting = patience(CREATION_MS, `The making of table ${table.name}`);
  for (let asked = false; ; ) {
    const found = await described(table);
    if (!found && !asked) asked = await askedFor(table);
    if (found) refuseOthers(table, found);
    if (isUsable(found)) break;
    await waiting.pause();
  }
  await enableTtl(table);
  await table
    .put({
      item: { ...keyOf(SCHEMA_ITEM), r: numberValue(SCHEMA_VERSION) },
      condition: "attribute_not_exists(pk)",
    })
    .catch((error: unknown) => {
      if (!isConditionFailure(error)) throw error;
    });
  await isReady(table);
}

/** Throws unless the table is there, can be used, and has the newest layout. Writes nothing. */
export async function verifyTable(table: Table): Promise<void> {
  const found = await described(table);
  if (!found) throw notReady(table, "is not there");
  refuseOthers(table, found);
  if (!isUsable(found)) throw notReady(table, `is ${found.TableStatus}`);
  if (!(await hasTtl(table))) throw notReady(table, `has no time to live on \`${TTL}\``);
  await isReady(table);
}

/** Whether the table says its version, which one that others made does not before its first use. Throws `IncompatibleError` for one that this code does not know. */
async function isReady(table: Table): Promise<boolean> {
  try {
    const item = await table.get(SCHEMA_ITEM);
    if (!item) return false;
    const version = numberOf(item["r"], "schema");
    if (version > SCHEMA_VERSION)
      throw new IncompatibleError(
        `The DynamoDB table ${table.name} has version ${version} of the layout; this package knows ${SCHEMA_VERSION}.`,
      );
    return version === SCHEMA_VERSION;
  } catch (error) {
    // One with another key has no such item either.
    if (isMissing(error) || named(error, "ValidationException")) return false;
    throw error;
  }
}

async function described(table: Table): Promise<TableDescription | undefined> {
  try {
    const command = new DescribeTableCommand({ TableName: table.name });
    return ((await table.ask(command)) as DescribeTableCommandOutput).Table;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A table whose settings are being changed can be used meanwhile. */
function isUsable(found: TableDescription | undefined): boolean {
  return found?.TableStatus === "ACTIVE" || found?.TableStatus === "UPDATING";
}

/** Throws for a table that holds something else, or that cannot do what is asked of it. */
function refuseOthers({ name }: Table, found: TableDescription | undefined): void {
  const keys = (found?.KeySchema ?? []).map(
    ({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`,
  );
  const types = (found?.AttributeDefinitions ?? [])
    .filter(({ AttributeName }) => AttributeName === "pk" || AttributeName === "sk")
    .map(({ AttributeType }) => AttributeType);
  if (keys.join() !== "pk HASH,sk RANGE" || types.join() !== "S,S")
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The DynamoDB table ${name} has the key ${keys.join(", ")} (${types.join(", ")}), and Perdure's is the string \`pk\` with the string \`sk\`: it belongs to something else.`,
    );
  if (found?.MultiRegionConsistency === "STRONG")
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The DynamoDB table ${name} is a global table with strong consistency, which has no transactions.`,
    );
}

/** Asks for the table; true when it will be there. False when the service takes no more requests for now. Throws `NOT_FOUND` for credentials that may not. */
async function askedFor(table: Table): Promise<boolean> {
  const command = new CreateTableCommand({
    TableName: table.name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  });
  try {
    await table.ask(command);
    return true;
  } catch (error) {
    if (named(error, "ResourceInUseException")) return true;
    if (named(error, "LimitExceededException")) return false;
    if (named(error, "AccessDeniedException"))
      throw new StorageError(
        "NOT_FOUND",
        `The DynamoDB table ${table.name} is not in this region and account, and these credentials may not make it: name the region that it is in, or make it as the README of this package says.`,
        { cause: error },
      );
    throw error;
  }
}

/** Whether items that expire are deleted, or soon will be. Throws `INVALID_ARGUMENT` for a table that goes by another attribute: it can have one alone. */
async function hasTtl(table: Table): Promise<boolean> {
  const answer = await table.ask(new DescribeTimeToLiveCommand({ TableName: table.name }));
  const { TimeToLiveDescription: { AttributeName, TimeToLiveStatus } = {} } =
    answer as DescribeTimeToLiveCommandOutput;
  if (!(TimeToLiveStatus ?? "").startsWith("ENABL")) return false;
  if (AttributeName !== TTL)
    throw new StorageError(
      "INVALID_ARGUMENT",
      `The DynamoDB table ${table.name} has its time to live on \`${AttributeName}\`, and Perdure's is on \`${TTL}\`: it belongs to something else.`,
    );
  return true;
}

/** Others may just be doing the same, which the service refuses; what counts is what it says then. */
async function enableTtl(table: Table): Promise<void> {
  const waiting = patience(CREATION_MS, `The making of table ${table.name}`);
  while (!(await hasTtl(table))) {
    try {
      await table.ask(
        new UpdateTimeToLiveCommand({
          TableName: table.name,
          TimeToLiveSpecification: { AttributeName: TTL, Enabled: true },
        }),
      );
      return;
    } catch (error) {
      if (!named(error, "ValidationException", "ResourceInUseException", "LimitExceededException"))
        throw error;
    }
    await waiting.pause();
  }
}

function isMissing(error: unknown): boolean {
  return named(error, "ResourceNotFoundException", "TableNotFoundException");
}

function named(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function notReady({ name }: Table, why: string): StorageError {
  return new StorageError(
    "NOT_FOUND",
    `The DynamoDB table ${name} ${why}: run setup, or make it as the README of this package says.`,
  );
}
