import { createStore } from "@perdure/checkpoint-core";
import { sqliteBackend } from "@perdure/checkpoint-sqlite";
import { test } from "vitest";
import { fuzzStores } from "../../checkpoint-core/test/fuzzing.ts";
import { drivers, testFile } from "./folder.ts";

test.each(drivers)(
  "each of 300 fuzzed values goes through all stores on a file, and none poisons another, %s",
  { timeout: 120_000 },
  async (driver) => {
    const path = await testFile();
    await using one = sqliteBackend({ path, driver, durability: "normal" });
    await using other = sqliteBackend({ path, driver, durability: "normal" });
    await fuzzStores(12, (run) => {
      const scope = { tenant: `run ${run}` };
      return {
        warm: createStore({ backend: one, scope }),
        cold: createStore({ backend: other, scope }),
      };
    });
  },
);
