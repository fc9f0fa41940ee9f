import { AgentResult } from "@inngest/agent-kit";
import { checkpointerSuite, historyConfigSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { PostgresCheckpointer, postgresHistory } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { sharedSchema } from "../database.ts";

describeOn("postgres", "what agents take, on Postgres", () => {
  const { schema, pools, empty } = sharedSchema();

  checkpointerSuite("PostgresCheckpointer", {
    async create() {
      await empty();
      const [checkpointer, other] = pools.map((pool) => new PostgresCheckpointer({ pool, schema }));
      if (!checkpointer || !other) throw new Error("There are two pools.");
      return { checkpointer, another: async () => other };
    },
  });

  historyConfigSuite("postgresHistory", {
    AgentResult,
    async create() {
      await empty();
      const as = async (user: string, pool = pools[1]) =>
        postgresHistory({ pool, schema, scope: { user } }, { AgentResult });
      return { history: await as("ann", pools[0]), another: () => as("ann"), as };
    },
  });
});
