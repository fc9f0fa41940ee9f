import type { Backend } from "@perdure/checkpoint-core";
import { type DynamoBackendOptions, dynamoBackend } from "@perdure/checkpoint-dynamodb";

/** Each process of a drill opens the table that it is told of. */
export function open(given: string): Backend {
  return dynamoBackend(JSON.parse(given) as DynamoBackendOptions);
}
