import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { AgentResult, type HistoryConfig } from "@inngest/agent-kit";
import {
  type DynamoClient,
  DynamoCheckpointer,
  dynamoHistory,
  dynamoStore,
} from "@perdure/checkpoint-dynamodb";
import type { Checkpointer } from "../../agent-adapters/test/ziro/shapes.ts";

// A client of the SDK fits as it is.
const client = new DynamoDBClient({});
client satisfies DynamoClient;

// AgentKit takes our history as its own type, with its own class of results.
dynamoHistory({ client, table: "agents" }, { AgentResult }) satisfies HistoryConfig<
  Record<string, unknown>
>;

// A Ziro agent takes our checkpointer as its own type, with its own snapshots.
new DynamoCheckpointer({ table: "agents" }) satisfies Checkpointer;

// @ts-expect-error -- a store needs to know its table
dynamoStore({ region: "eu-central-1" });
// @ts-expect-error -- a client has its own region
dynamoStore({ client, table: "agents", region: "eu-central-1" });
// @ts-expect-error -- a store has one place
dynamoStore({ url: "dynamodb://agents", table: "agents" });
