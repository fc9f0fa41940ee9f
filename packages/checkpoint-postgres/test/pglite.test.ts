import { PGlite } from "@electric-sql/pglite";
import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { postgresBackend, postgresStore } from "@perdure/checkpoint-postgres";
import { freshName } from "@perdure/engines";
import { afterAll, expect, test } from "vitest";

const pglite = new PGlite();
afterAll(() => pglite.close());

backendSuite("postgres in PGlite", {
  raceRounds: 3,
  async create() {
    const schema = freshName();
    const backend = postgresBackend({ pglite, schema });
    return {
      backend,
      another: async () => postgresBackend({ pglite, schema }),
      async dispose() {
        await backend[Symbol.asyncDispose]();
        await pglite.exec(`drop schema if exists "${schema}" cascade`);
      },
    };
  },
});

test("a store in a PGlite, which stays open after it", async () => {
  {
    await using store = postgresStore({ pglite });
    await store.checkpoints.put("t", { step: 1, at: new Date(0) });
  }
  await using store = postgresStore({ pglite });
  expect(await store.checkpoints.get("t")).toEqual({ step: 1, at: new Date(0) });
});
