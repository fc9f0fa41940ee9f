import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { drivers, newFile } from "./folder.ts";

for (const driver of drivers)
  backendSuite(`sqlite on ${driver}`, {
    async create() {
      const { path, remove } = await newFile();
      const backend = sqliteBackend({ path, driver, durability: "normal" });
      return {
        backend,
        another: async () => sqliteBackend({ path, driver, durability: "normal" }),
        async dispose() {
          await backend[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  });
