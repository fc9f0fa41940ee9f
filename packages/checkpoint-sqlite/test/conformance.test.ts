import { AgentResult } from "@inngest/agent-kit";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
  storeSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import {
  SqliteCheckpointer,
  type SqliteDriver,
  sqliteBackend,
  sqliteHistory,
} from "@perdure/checkpoint-sqlite";
import { drivers, newFile } from "./folder.ts";

// What is compressed, encrypted or in pieces is bytes to a backend: stores of that kind are tested over memory alone.
for (const driver of drivers) {
  const create = () => newBackend(driver);
  backendSuite(`sqlite on ${driver}`, { create });
  storeSuite(`stores on sqlite on ${driver}`, { create });
}

checkpointerSuite("SqliteCheckpointer", {
  async create() {
    const { path, remove } = await newFile();
    const open = () => new SqliteCheckpointer({ path, durability: "normal" });
    return { checkpointer: open(), another: async () => open(), dispose: remove };
  },
});

historyConfigSuite("sqliteHistory", {
  AgentResult,
  async create() {
    const { path, remove } = await newFile();
    const as = async (user: string) =>
      sqliteHistory({ path, durability: "normal", scope: { user } }, { AgentResult });
    return { history: await as("ann"), another: () => as("ann"), as, dispose: remove };
  },
});

async function newBackend(driver: SqliteDriver) {
  const { path, remove } = await newFile();
  const open = () => sqliteBackend({ path, driver, durability: "normal" });
  const backend = open();
  return {
    backend,
    another: async () => open(),
    async dispose() {
      await backend[Symbol.asyncDispose]();
      await remove();
    },
  };
}
