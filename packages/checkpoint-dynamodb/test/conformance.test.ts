import { AgentResult } from "@inngest/agent-kit";
import type { Backend } from "@perdure/checkpoint-core";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import { DynamoCheckpointer, dynamoHistory } from "@perdure/checkpoint-dynamodb";
import { describeOn } from "@perdure/engines/vitest";
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

const long = (name: string): string => name + "~".repeat(1000);

/** The same backend with partitions whose names leave no room for records in the partition's own item. */
function longNamed(backend: Backend): Backend {
  return {
    name: backend.name,
    limits: backend.limits,
    setup: (mode) => backend.setup(mode),
    read: (name, ...call) => backend.read(long(name), ...call),
    scan: (name, ...call) => backend.scan(long(name), ...call),
    write: (name, ...call) => backend.write(long(name), ...call),
    drop: (name, ...call) => backend.drop(long(name), ...call),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}
