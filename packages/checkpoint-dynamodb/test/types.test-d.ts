import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AgentResult, type HistoryConfig } from "@inngest/agent-kit";
import {
  type DynamoClient,
  DynamoCheckpointer,
  dynamoHistory,
  dynamoStore,
} from "@perdure/checkpoint-dynamodb";

// A client of the SDK fits as it is.
const client = new DynamoDBClient({});
client satisfies DynamoClient;

// AgentKit takes our history as its own type, with its own class of results.
dynamoHistory({ client, table: "agents" }, { AgentResult }) satisfies HistoryConfig<
  Record<string, unknown>
>;

/** What a Ziro agent asks of a checkpointer. */
interface ZiroCheckpointer {
  put(threadId: string, snapshot: { readonly version: 1 | 2 }): Promise<string>;
  get(threadId: string, checkpointId?: string): Promise<{ readonly version: 1 | 2 } | null>;
  delete(threadId: string, checkpointId?: string): Promise<void>;
}
new DynamoCheckpointer({ table: "agents" }) satisfies ZiroCheckpointer;

// @ts-expect-error -- a store needs to know its table
dynamoStore({ region: "eu-central-1" });
// @ts-expect-error -- a client has its own region
dynamoStore({ client, table: "agents", region: "eu-central-1" });
// @ts-expect-error -- a store has one place
dynamoStore({ url: "dynamodb://agents", table: "agents" });
