import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { newPlace } from "../database.ts";

describeOn("postgres", "the laws on Postgres", () => {
  backendSuite("postgres", {
    async create() {
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
    },
  });
});
