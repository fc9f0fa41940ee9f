export { type DynamoBackendOptions, dynamoBackend } from "./backend.ts";
export { DynamoCheckpointer } from "./checkpointer.ts";
export type { DynamoClient } from "./client.ts";
export { dynamoHistory } from "./history.ts";
export type { DynamoGiven, DynamoLocation, DynamoRegion, DynamoUrl } from "./location.ts";
export { type DynamoStoreOptions, dynamoStore } from "./store.ts";
