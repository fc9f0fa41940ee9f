import { linearizabilitySuite } from "@perdure/checkpoint-core/conformance/vitest";
import { type SqliteBackendOptions, sqliteBackend } from "@perdure/checkpoint-sqlite";
import { drivers, newFile } from "./folder.ts";

for (const driver of drivers)
  linearizabilitySuite(`clients in three processes on ${driver}`, {
    async create() {
      const { path, remove } = await newFile();
      const options: SqliteBackendOptions = { path, driver, durability: "normal" };
      await using backend = sqliteBackend(options);
      await backend.setup("create");
      const open = new URL("linearizabilityModule.ts", import.meta.url);
      return { open, given: JSON.stringify(options), dispose: remove };
    },
  });
