import {
  DeleteTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from "@aws-sdk/client-dynamodb";
import type { Backend } from "@perdure/checkpoint-core";
import { dynamoBackend } from "@perdure/checkpoint-dynamodb";
import { DYNAMODB_CREDENTIALS, DYNAMODB_REGION, freshName } from "@perdure/engines";
import { inject, onTestFinished } from "vitest";
import { asTheService } from "./service.ts";

/** How tests reach DynamoDB Local. */
export const config = {
  endpoint: inject("dynamodbUrl"),
  region: DYNAMODB_REGION,
  credentials: DYNAMODB_CREDENTIALS,
} satisfies DynamoDBClientConfig;

/** A client of the tests' own that refuses what the service would. */
export function newClient(
  seen?: (command: string) => void,
  more: DynamoDBClientConfig = {},
): DynamoDBClient {
  return asTheService(new DynamoDBClient({ ...config, ...more }), seen);
}

/** The client that tests share. */
export const client: DynamoDBClient = newClient();

/** The name of a table that is not there yet, and the way to be rid of it. */
export function newTable(): { readonly table: string; readonly remove: () => Promise<void> } {
  const table = freshName();
  return {
    table,
    async remove() {
      try {
        await client.send(new DeleteTableCommand({ TableName: table }));
      } catch (error) {
        if ((error as Error).name !== "ResourceNotFoundException") throw error;
      }
    },
  };
}

/** The same, removed when the test has finished. */
export function testTable(): string {
  const { table, remove } = newTable();
  onTestFinished(remove);
  return table;
}

/** A backend on a table of its own, as the kit wants it for each case; `as` may put something around it. */
export async function newBackend(as: (backend: Backend) => Backend = (backend) => backend) {
  const { table, remove } = newTable();
  const open = (): Backend => as(dynamoBackend({ client, table }));
  const backend = open();
  return {
    backend,
    another: async () => open(),
    async dispose() {
      await backend[Symbol.asyncDispose]();
      await remove();
    },
  };
}
