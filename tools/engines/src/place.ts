import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { Redis } from "ioredis";
import { Client } from "pg";
import type { EngineName } from "./contract.ts";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION } from "./dynamodb.ts";
import { freshName } from "./names.ts";

/** A place of one's own on a server that others use too. */
export interface Place {
  /** For `openStore`: the server's URL with a schema or a key prefix that nobody has. */
  readonly url: string;
  /** Takes all of it away again, also when nothing was ever put there. */
  readonly remove: () => Promise<void>;
}

/** How many keys one SCAN looks at. */
const COUNT = 10_000;

/** A place on the server of a URL. Nothing is made yet: the store that opens it does. */
export function freshPlace(name: EngineName, url: string): Place {
  const own = freshName();
  const at = new URL(url);
  if (name === "postgres") {
    at.searchParams.set("schema", own);
    return { url: at.href, remove: () => dropSchema(url, own) };
  }
  if (name === "dynamodb") {
    const query = new URLSearchParams({ region: DYNAMODB_REGION, endpoint: url });
    return { url: `dynamodb://${own}?${query.toString()}`, remove: () => dropTable(url, own) };
  }
  at.searchParams.set("keyPrefix", `${own}:`);
  return { url: at.href, remove: () => dropKeys(url, `${own}:`) };
}

async function dropSchema(url: string, schema: string): Promise<void> {
  const client = new Client(url);
  try {
    await client.connect();
    await client.query(`drop schema if exists ${schema} cascade`);
  } finally {
    await client.end();
  }
}

async function dropTable(endpoint: string, table: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region: DYNAMODB_REGION,
    credentials: DYNAMODB_CREDENTIALS,
  });
  try {
    await client.send(new DeleteTableCommand({ TableName: table }));
  } catch (error) {
    if ((error as Error).name !== "ResourceNotFoundException") throw error;
  } finally {
    client.destroy();
  }
}

async function dropKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  try {
    let cursor = "0";
    do {
      const [next, keys] = await client.scan(cursor, "MATCH", `${prefix}*`, "COUNT", COUNT);
      if (keys.length > 0) await client.unlink(...keys);
      cursor = next;
    } while (cursor !== "0");
  } finally {
    client.disconnect();
  }
}
