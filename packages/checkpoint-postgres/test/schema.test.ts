import { IncompatibleError } from "@perdure/checkpoint-core";
import { postgresBackend, postgresSchema } from "@perdure/checkpoint-postgres";
import { freshName } from "@perdure/engines";
import { describeOn } from "@perdure/engines/vitest";
import { Pool } from "pg";
import { expect, inject, onTestFinished, test } from "vitest";
import { migrations } from "../src/migrations.ts";
import { asOwner, testPlace, testPool } from "./database.ts";

const put = {
  writes: [{ op: "put", key: "a", value: Uint8Array.of(1), expect: "absent" }],
  now: 0,
} as const;

/** All that stands in a schema: tables with their columns, indexes, functions. */
async function contentsOf(schema: string): Promise<unknown> {
  const columns = await asOwner(
    `select table_name || '.' || column_name || ' ' || data_type as line from information_schema.columns
     where table_schema = $1 order by table_name, ordinal_position`,
    [schema],
  );
  const indexes = await asOwner(
    "select replace(indexdef, $1 || '.', '') as line from pg_indexes where schemaname = $1 order by 1",
    [schema],
  );
  const functions = await asOwner(
    `select proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as line from pg_proc p
     join pg_namespace n on n.oid = pronamespace where nspname = $1 order by 1`,
    [schema],
  );
  return [...columns, ...indexes, ...functions].map(({ line }) => line);
}

/** A pool of a role that owns nothing, and may do what the statements grant it. */
async function roleOf(schema: string, grants: (role: string) => string): Promise<Pool> {
  const role = freshName();
  await asOwner(`create role "${role}" login`);
  const url = new URL(inject("postgresUrl"));
  url.username = role;
  const pool = new Pool({ connectionString: url.href });
  onTestFinished(async () => {
    await pool.end();
    await asOwner(`drop schema if exists "${schema}" cascade; drop role "${role}"`);
  });
  await asOwner(grants(role));
  return pool;
}

describeOn("postgres", "the schema", () => {
  test("is this", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await backend.setup("create");
    expect(await contentsOf(schema)).toMatchInlineSnapshot(`
      [
        "perdure_partition.id bigint",
        "perdure_partition.revision bigint",
        "perdure_partition.dropped boolean",
        "perdure_partition.name text",
        "perdure_record.partition bigint",
        "perdure_record.revision bigint",
        "perdure_record.expires_at bigint",
        "perdure_record.value bytea",
        "perdure_record.key text",
        "perdure_schema.version integer",
        "CREATE UNIQUE INDEX perdure_partition_pkey ON perdure_partition USING btree (name)",
        "CREATE UNIQUE INDEX perdure_record_pkey ON perdure_record USING btree (partition, key)",
        "CREATE UNIQUE INDEX perdure_schema_pkey ON perdure_schema USING btree (version)",
        "perdure_entomb(p_name text, p_now bigint, p_key text, p_revision bigint)",
        "perdure_read(p_name text, p_keys text[], p_now bigint)",
        "perdure_scan_down(p_name text, p_from text, p_to text, p_now bigint, p_limit integer)",
        "perdure_scan_up(p_name text, p_from text, p_to text, p_now bigint, p_limit integer)",
        "perdure_sweep(p_name text, p_from text, p_limit integer, p_durable boolean)",
        "perdure_write(p_name text, p_now bigint, p_mode integer, p_keys text[], p_numbers bigint[], p_values bytea)",
        "perdure_writes(p_names text[], p_shapes bigint[], p_keys text[], p_numbers bigint[], p_values bytea)",
      ]
    `);
  });

  test("a verify makes nothing, and says that setup is due", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `Schema ${schema} has version 0 of Perdure's tables, and 2 is needed: run setup.`,
    });
    expect(await asOwner("select from pg_namespace where nspname = $1", [schema])).toEqual([]);
  });

  test("a newer one is refused, by create and by verify, and left as it is", async () => {
    const { url, schema } = testPlace();
    await using backend = postgresBackend({ url, schema });
    await backend.setup("create");
    await asOwner(`insert into "${schema}".perdure_schema values (${migrations.length + 1})`);
    const before = await contentsOf(schema);
    await using later = postgresBackend({ url, schema });
    await expect(later.setup("create")).rejects.toBeInstanceOf(IncompatibleError);
    await expect(later.setup("verify")).rejects.toBeInstanceOf(IncompatibleError);
    expect(await contentsOf(schema)).toEqual(before);
  });

  test("stands beside tables of others, and takes none of theirs for its own", async () => {
    const { url, schema } = testPlace();
    await asOwner(`create schema "${schema}"; create table "${schema}".perdure_record (a integer);
      insert into "${schema}".perdure_record values (7)`);
    await using backend = postgresBackend({ url, schema });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "BACKEND",
      message: 'Postgres: relation "perdure_record" already exists.',
    });
    expect(await asOwner(`select * from "${schema}".perdure_record`)).toEqual([{ a: 7 }]);
    await using beside = postgresBackend({ url, schema, tablePrefix: "ours_" });
    await beside.setup("create");
    expect(await beside.write("p", put)).toEqual({ revision: 1 });
  });

  test("two prefixes in one schema, or two schemas, share no record", async () => {
    const [one, two] = [testPlace(), testPlace()];
    const { url } = one;
    const places = [
      { schema: one.schema },
      { schema: one.schema, tablePrefix: "" },
      { schema: two.schema },
    ];
    for (const place of places) {
      await using backend = postgresBackend({ url, ...place });
      await backend.setup("create");
      expect(await backend.write("p", put)).toEqual({ revision: 1 });
    }
  });

  test.each(['a"; drop table x; --', "a'b", "Sch\u00e9ma", "a b", "a.b", "select", "%I"])(
    "may be called %j",
    async (name) => {
      const { url, schema } = testPlace();
      const hostile = `${name}${schema}`.slice(0, 60);
      onTestFinished(async () => {
        await asOwner(`drop schema "${hostile.replaceAll('"', '""')}" cascade`);
      });
      const options = { url, schema: hostile, tablePrefix: `${name}_` };
      await using backend = postgresBackend(options);
      await backend.setup("create");
      await backend.setup("create");
      await backend.setup("verify");
      expect(await backend.write("p", put)).toEqual({ revision: 1 });
      expect((await backend.scan("p", { from: "a", to: "b", limit: 9 }, 0)).records).toHaveLength(
        1,
      );
      await backend.drop("p", 0);
    },
  );

  test("its functions are their own, whatever stands before them in the search path", async () => {
    const { url, schema } = testPlace();
    await asOwner(`create schema "${schema}";
      create function "${schema}".encode(bytea, text) returns text language sql as 'select ''evil''';
      create function "${schema}".octet_length(bytea) returns integer language sql as 'select 1/0';
      create function "${schema}".cardinality(text[]) returns integer language sql as 'select 1/0';
      create function "${schema}".equal(text, text) returns boolean language sql as 'select true';
      create operator "${schema}".= (function = "${schema}".equal, leftarg = text, rightarg = text);
      create table "${schema}".perdure_partition (evil integer)`);
    const options = `-c search_path="${schema}"`;
    const pool = testPool({ options });
    await using backend = postgresBackend({ pool, schema, tablePrefix: "ours_" });
    await backend.setup("create");
    expect(await backend.write("p", put)).toEqual({ revision: 1 });
    expect(await backend.read("p", ["a", "b"], 0)).toMatchObject([
      { key: "a", revision: 1 },
      undefined,
    ]);
    expect(url).toBe(inject("postgresUrl"));
  });
});

describeOn("postgres", "a role that may make nothing", () => {
  test("works with create and verify once somebody has run what postgresSchema prints", async () => {
    const { schema } = testPlace();
    const pool = await roleOf(schema, (role) => postgresSchema({ schema, role }));
    await using backend = postgresBackend({ pool, schema });
    await backend.setup("create");
    await backend.setup("verify");
    expect(await backend.write("p", put)).toEqual({ revision: 1 });
    expect(await backend.read("p", ["a"], 0)).toHaveLength(1);
    await backend.drop("p", 0);
    await expect(pool.query(`drop table "${schema}".perdure_record`)).rejects.toThrow("owner");
  });

  test("what postgresSchema prints may be run again, and is what setup makes", async () => {
    const [printed, made] = [testPlace(), testPlace()];
    await asOwner(postgresSchema({ schema: printed.schema }));
    await asOwner(postgresSchema({ schema: printed.schema }));
    await using backend = postgresBackend({ url: made.url, schema: made.schema });
    await backend.setup("create");
    expect(await contentsOf(printed.schema)).toEqual(await contentsOf(made.schema));
  });

  test("is told what it lacks when it must set up", async () => {
    const { schema } = testPlace();
    const pool = await roleOf(schema, () => "select 1");
    await using backend = postgresBackend({ pool, schema });
    await expect(backend.setup("create")).rejects.toMatchObject({
      code: "BACKEND",
      retryable: false,
      message: expect.stringMatching(/^Postgres: permission denied for database .*postgresSchema/),
    });
  });

  test("is told each grant that is missing", async () => {
    const { schema } = testPlace();
    const pool = await roleOf(
      schema,
      (role) => `${postgresSchema({ schema, role })}
        revoke insert, delete on "${schema}".perdure_record from "${role}";
        revoke execute on function "${schema}".perdure_write from public, "${role}"`,
    );
    await using backend = postgresBackend({ pool, schema });
    for (const mode of ["create", "verify"] as const)
      await expect(backend.setup(mode)).rejects.toMatchObject({
        code: "BACKEND",
        message: `This role lacks in schema ${schema}: insert on perdure_record, delete on perdure_record, execute on function perdure_write. See \`postgresSchema\` for the grants.`,
      });
    await expect(backend.write("p", put)).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("permission denied for function perdure_write"),
    });
  });

  test("is told that row level security hides records from it: their absence would be a lie", async () => {
    const { schema } = testPlace();
    const pool = await roleOf(
      schema,
      (role) => `${postgresSchema({ schema, role })}
        alter table "${schema}".perdure_record enable row level security`,
    );
    await using backend = postgresBackend({ pool, schema });
    await expect(backend.setup("verify")).rejects.toMatchObject({
      code: "BACKEND",
      message: expect.stringContaining("row level security"),
    });
  });
});
