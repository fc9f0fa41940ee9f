import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Frail, type Place, type Stand, standOn } from "@perdure/drills";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION, freshName, ownServer } from "@perdure/engines";

/** What each process of a drill opens its backend with. */
export const moduleUrl = new URL("open.ts", import.meta.url);

/** A table, and how it is reached. */
export interface Table {
  readonly table: string;
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: typeof DYNAMODB_CREDENTIALS;
}

/** A table that is not there yet, on the server of a URL. */
export function tableOf(url: string): Table {
  return {
    table: freshName(),
    region: DYNAMODB_REGION,
    credentials: DYNAMODB_CREDENTIALS,
    // Without the slash that a URL has behind its port.
    endpoint: new URL(url).origin,
  };
}

/** A table of its own that is set up, on the server of a URL. */
export async function placeOf(url: string): Promise<Place> {
  const options = tableOf(url);
  await using backend = dynamoBackend(options);
  await backend.setup("create");
  return { module: moduleUrl, given: JSON.stringify(options) };
}

/** A server that keeps its tables in files. */
export async function durableStand(): Promise<Stand> {
  return standOn(await ownServer("dynamodb"));
}

/** A server of its own with a table. */
export async function frail(): Promise<Frail> {
  const server = await ownServer("dynamodb");
  return { ...server, ...(await placeOf(server.url)) };
}

/** Takes a table away. */
export async function removeTable({ table, ...config }: Table): Promise<void> {
  const client = new DynamoDBClient(config);
  await client.send(new DeleteTableCommand({ TableName: table }));
  client.destroy();
}
