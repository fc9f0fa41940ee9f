import { ConflictError } from "@perdure/checkpoint-core";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { describe, expect, test } from "vitest";
import { testPlace, testPool } from "./database.ts";

const WRITERS = 24;

describeOn("postgres", "a database whose transactions are isolated more strictly", () => {
  describe.each(["repeatable read", "serializable"])("%s", (level) => {
    const settings = { options: `-c default_transaction_isolation=${level.replace(" ", "\\ ")}` };

    test("64 setups at once all succeed", async () => {
      const { schema } = testPlace();
      const pool = testPool({ ...settings, max: 20 });
      const backends = Array.from({ length: 64 }, () => postgresBackend({ pool, schema }));
      await Promise.all(backends.map((backend) => backend.setup("create")));
    });

    test("of many writers to one record one wins and the others conflict; none fails otherwise", async () => {
      const { schema } = testPlace();
      await using backend = postgresBackend({
        pool: testPool({ ...settings, max: WRITERS }),
        schema,
      });
      await backend.setup("create");
      for (let round = 0; round < 3; round += 1) {
        const results = await Promise.allSettled(
          Array.from({ length: WRITERS }, (_, index) =>
            backend.write("p", {
              writes: [
                { op: "put", key: `r/${round}`, value: Uint8Array.of(index), expect: "absent" },
                { op: "append", prefix: "x/", value: Uint8Array.of(index) },
              ],
              now: 0,
            }),
          ),
        );
        const failed = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
        expect(failed).toHaveLength(WRITERS - 1);
        for (const error of failed) expect(error).toBeInstanceOf(ConflictError);
      }
      const { records } = await backend.scan("p", { from: "x/", to: "x0", limit: 99 }, 0);
      expect(records.map(({ revision }) => revision)).toEqual([1, 2, 3]);
    });
  });

  test("tries that lose for longer than waitMs are a ContentionError, and nothing is written", async () => {
    const { schema } = testPlace();
    const real = testPool();
    let lost = 0;
    const pool = {
      async query(query: { readonly text: string; readonly values?: unknown[] }) {
        if (!/^select .*perdure_write/.test(query.text)) return real.query(query);
        lost += 1;
        throw Object.assign(new Error("could not serialize"), { code: "40001" });
      },
    };
    await using backend = postgresBackend({ pool, schema, waitMs: 50 });
    await backend.setup("create");
    const write = { op: "append", prefix: "x/", value: Uint8Array.of(1) } as const;
    await expect(backend.write("p", { writes: [write], now: 0 })).rejects.toMatchObject({
      code: "CONTENTION",
      retryable: true,
      message: "Other transactions were in the way for 50 ms; nothing was written.",
    });
    expect(lost).toBeGreaterThan(1);
    expect(await backend.scan("p", { from: "x/", to: "x0", limit: 9 }, 0)).toEqual({ records: [] });
  });
});
