import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { randomUUID } from "node:crypto";
export const endpoint = process.env["DDB"] ?? "http://127.0.0.1:18077";
export const config = {
  endpoint,
  region: "eu-central-1",
  credentials: { accessKeyId: "perdure", secretAccessKey: "perdure" },
};
export const client = new DynamoDBClient(config);
export function newTable() {
  const table = `perdure-${randomUUID()}`;
  return {
    table,
    remove: async () => {
      await client.send(new DeleteTableCommand({ TableName: table })).catch(() => undefined);
    },
  };
}
