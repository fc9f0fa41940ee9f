import { AgentResult } from "@inngest/agent-kit";
import { createStore } from "@perdure/checkpoint-core";
import {
  backendSuite,
  checkpointerSuite,
  historyConfigSuite,
  storeSuite,
} from "@perdure/checkpoint-core/conformance/vitest";
import {
  PostgresCheckpointer,
  postgresBackend,
  postgresHistory,
} from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { newPlace } from "./database.ts";

describeOn("postgres", "the conformance kit", () => {
  backendSuite("postgres", { create: newBackend });
  storeSuite("stores on postgres", { create: newBackend });

  storeSuite("stores on postgres, compressed and encrypted", {
    create: newBackend,
    open: (options) =>
      createStore({
        compress: { minBytes: 1 },
        encryption: { keys: { key: new Uint8Array(32).fill(7) }, current: "key" },
        ...options,
      }),
  });

  checkpointerSuite("PostgresCheckpointer", {
    async create() {
      const { url, schema, remove } = newPlace();
      const open = () => new PostgresCheckpointer({ url, schema, max: 4 });
      const opened = [open()];
      return {
        checkpointer: opened[0] as PostgresCheckpointer,
        another: async () => opened[opened.push(open()) - 1] as PostgresCheckpointer,
        async dispose() {
          for (const one of opened) await one[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  });
});

async function newBackend() {
  const { url, schema, remove } = newPlace();
  const backend = postgresBackend({ url, schema });
  return {
    backend,
    another: async () => postgresBackend({ url, schema }),
    async dispose() {
      await backend[Symbol.asyncDispose]();
      await remove();
    },
  };
}
