import { paginateQuery } from "@aws-sdk/client-dynamodb";
import { client } from "./tables.ts";

/** The sort keys of all items of a partition. */
export async function itemsIn(table: string, partition: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { Items = [] } of paginateQuery(
    { client },
    {
      TableName: table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: partition } },
      ConsistentRead: true,
    },
  ))
    keys.push(...Items.map(({ sk }) => sk?.S ?? ""));
  return keys;
}
