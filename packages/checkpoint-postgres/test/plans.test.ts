import { postgresBackend } from "@perdure/checkpoint-postgres";
import { describeOn } from "@perdure/engines/vitest";
import { Client } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { testPlace, testPool } from "./database.ts";

const value = Uint8Array.of(1);
const range = { from: "m/", to: "m0", limit: 10 };

describeOn("postgres", "plans that a connection made while the tables were small", () => {
  test.each([true, false])(
    "never become scans of whole tables when those have grown, with `prepare: %s`",
    async (prepare) => {
      const { schema } = testPlace();
      const client = testPool({ max: 1 });
      await using backend = postgresBackend({ pool: client, schema, prepare });
      await backend.setup("create");
      const verbs = async (): Promise<void> => {
        await backend.write("p", {
          writes: [
            { op: "append", prefix: "m/", value },
            { op: "put", key: "h", value, expect: "any" },
            { op: "check", key: "x", expect: "absent" },
          ],
          now: 0,
        });
        // Enough for most of them to go together.
        const many = Array.from({ length: 12 }, (_, index) => `many-at-once-${index}`);
        const one = { writes: [{ op: "put", key: "h", value, expect: "any" }], now: 0 } as const;
        await Promise.all(many.map((name) => backend.write(name, one)));
        await backend.read("p", ["h", "x"], 0);
        await backend.scan("p", range, 0);
        await backend.scan("p", { ...range, reverse: true }, 0);
        await backend.drop("q", 0);
      };
      await verbs();
      // Nobody tells the connection that they have grown.
      for (const table of ["partition", "record"])
        await client.query(`alter table "${schema}".perdure_${table} set (autovacuum_enabled = off);
          analyze "${schema}".perdure_${table}`);
      await client.query(`vacuum "${schema}".perdure_partition`);
      await client.query(`vacuum "${schema}".perdure_record`);
      // A generic plan is taken from the sixth time on.
      for (let time = 0; time < 8; time += 1) await verbs();
      await client.query(
        `insert into "${schema}".perdure_partition (revision, dropped, name) select 1, false, 'many' || i from generate_series(1, 5000) i;
         insert into "${schema}".perdure_record (partition, revision, value, key) select 1 + i % 5000, 1, '', 'n/' || i from generate_series(1, 50000) i`,
      );
      await client.query("begin");
      await verbs();
      const { rows } = await client.query(
        "select relname, seq_tup_read::integer as rows from pg_stat_xact_user_tables where schemaname = $1 and relname <> 'perdure_schema' order by 1",
        [schema],
      );
      expect(rows).toEqual([
        { relname: "perdure_partition", rows: 0 },
        { relname: "perdure_record", rows: 0 },
      ]);
      await client.query("commit");
    },
  );

  test("never write a page or a record to a temporary file, whose size a server may limit", async () => {
    const { schema } = testPlace();
    await using backend = postgresBackend({
      pool: testPool({ options: "-c temp_file_limit=0" }),
      schema,
    });
    await backend.setup("create");
    const most = new Uint8Array(backend.limits.maxValueBytes).fill(7);
    for (const [key, bytes] of [
      ["a", most.subarray(0, 4_000_000)],
      ["b", most],
    ] as const)
      await backend.write("p", {
        writes: [{ op: "put", key, value: bytes, expect: "absent" }],
        now: 0,
      });
    const { records } = await backend.scan("p", { from: "a", to: "c", limit: 9 }, 0);
    expect(records.map((record) => record.value.byteLength)).toEqual([4_000_000, most.byteLength]);
    const [found] = await backend.read("p", ["b"], 0);
    expect(Buffer.compare(found?.value ?? value, most)).toBe(0);
  });

  test("never make a drop read again what it has deleted, also while somebody may still see that", async () => {
    const { schema } = testPlace();
    const client = await connected();
    await using backend = postgresBackend({ pool: client, schema });
    await backend.setup("create");
    await backend.write("p", { writes: [{ op: "append", prefix: "m/", value }], now: 0 });
    await client.query(
      `insert into "${schema}".perdure_record (partition, revision, value, key) select id, 1, '', 'n/' || i from generate_series(1, 5000) i, "${schema}".perdure_partition`,
    );
    const watcher = await connected();
    await watcher.query(
      `begin isolation level repeatable read; select from "${schema}".perdure_record limit 1`,
    );
    await backend.drop("p", 0);
    await watcher.query("rollback");
    // What a connection has counted is known at the latest when it ends.
    await client.end();
    const entries = async (): Promise<number> => {
      const { rows } = await watcher.query(
        "select idx_tup_read::integer as entries from pg_stat_user_indexes where schemaname = $1 and relname = 'perdure_record'",
        [schema],
      );
      return (rows as { entries: number }[])[0]?.entries ?? 0;
    };
    await expect.poll(entries).toBeGreaterThanOrEqual(5001);
    expect(await entries()).toBeLessThan(10_000);
  });
});

/** A connection that ends with its test. */
async function connected(): Promise<Client> {
  const client = new Client({ connectionString: inject("postgresUrl") });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
