import { AgentResult } from "@inngest/agent-kit";
import type { Backend } from "@perdure/checkpoint-core";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import { DynamoCheckpointer, dynamoHistory } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
import { renamed } from "./renamed.ts";
import { client, newBackend, newTable } from "./tables.ts";

describeOn("dynamodb", "the kit", () => {
  backendSuite("dynamodb", { create: () => newBackend() });
  backendSuite("dynamodb, each record in an item of its own", {
    create: () => newBackend(longNamed),
  });

  checkpointerSuite("DynamoCheckpointer", {
    async create() {
      const { table, remove } = newTable();
      const open = () => new DynamoCheckpointer({ client, table });
      return { checkpointer: open(), another: async () => open(), dispose: remove };
    },
  });

  historyConfigSuite("dynamoHistory", {
    AgentResult,
    async create() {
      const { table, remove } = newTable();
      const as = async (user: string) =>
        dynamoHistory({ client, table, scope: { user } }, { AgentResult });
      return { history: await as("ann"), another: () => as("ann"), as, dispose: remove };
    },
  });
});

/** With partitions whose names leave no room for records in the partition's own item. */
function longNamed(backend: Backend): Backend {
  return renamed(backend, (name) => name + "~".repeat(1000));
}
