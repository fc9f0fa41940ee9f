import { type Backend, ConflictError } from "@perdure/checkpoint-core";
import { backendSuite } from "@perdure/checkpoint-core/conformance/vitest";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { type OwnServer, pgbouncer } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newPlace, testPlace } from "./database.ts";

describeOn(["postgres", "pgbouncer"], "behind pgbouncer in transaction mode", () => {
  let bouncer: OwnServer;
  beforeAll(async () => {
    bouncer = await pgbouncer(inject("postgresUrl"));
  });
  afterAll(() => bouncer[Symbol.asyncDispose]());

  backendSuite("postgres behind pgbouncer", {
    raceRounds: 3,
    async create() {
      const { schema, remove } = newPlace();
      const open = () => postgresBackend({ url: bouncer.url, schema });
      const backend = open();
      return {
        backend,
        another: async () => open(),
        async dispose() {
          await backend[Symbol.asyncDispose]();
          await remove();
        },
      };
    },
  });

  test.each([undefined, false])(
    "many clients on few connections lose no call, with `prepare: %s`",
    async (prepare) => {
      const { schema } = testPlace();
      const backends = Array.from({ length: 5 }, () =>
        postgresBackend({
          url: bouncer.url,
          schema,
          max: 8,
          ...(prepare === undefined ? {} : { prepare }),
        }),
      );
      await backends[0]?.setup("create");
      const results = await Promise.allSettled(
        Array.from({ length: 200 }, (_, index) =>
          (backends[index % 5] as Backend).write(`p${index % 7}`, {
            writes: [
              { op: "put", key: "once", value: Uint8Array.of(index), expect: "absent" },
              { op: "append", prefix: "x/", value: Uint8Array.of(index) },
            ],
            now: 0,
          }),
        ),
      );
      const failed = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(failed).toHaveLength(193);
      for (const error of failed) expect(error).toBeInstanceOf(ConflictError);
      for (const backend of backends) await backend[Symbol.asyncDispose]();
    },
  );
});
