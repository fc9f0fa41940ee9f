import { StoreCheckpointer } from "@perdure/checkpoint-core";
import { type DynamoStoreOptions, dynamoStore } from "./store.ts";

/** Checkpoints in one DynamoDB table, for an agent that takes a `Checkpointer`, as Ziro's do. Disposing it closes the client, unless that was passed in. */
export class DynamoCheckpointer extends StoreCheckpointer {
  constructor(options: DynamoStoreOptions) {
    super(dynamoStore(options));
  }
}
