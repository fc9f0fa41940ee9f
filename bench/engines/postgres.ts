import { randomUUID } from "node:crypto";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { Client, Pool } from "pg";
import { type Engine, NOTE, type Raw, type Space } from "./engine.ts";

/** Connections of a space, for ours and for the others alike: what a pool of node-postgres opens at most where nobody says anything, as with ours and LangGraph's. */
const CONNECTIONS = 10;

/** Schemas of a server, dropped in the end. One whose commits could be lost at a power cut is refused, since then nothing would be measured. */
export async function postgresEngine(url: string): Promise<Engine> {
  await using started = new AsyncDisposableStack();
  const pool = started.adopt(new Pool({ connectionString: url, max: 1 }), (it) => it.end());
  const setting = async (name: string): Promise<string> => {
    const { rows } = await pool.query<{ value: string }>("select current_setting($1) as value", [
      name,
    ]);
    return rows[0]?.value ?? "";
  };
  const settings = { fsync: await setting("fsync"), commit: await setting("synchronous_commit") };
  if (settings.fsync !== "on" || settings.commit !== "on")
    throw new Error("The bench needs a Postgres with fsync and synchronous_commit on.");
  const durability = `${await setting("server_version")}, fsync and synchronous_commit on`;
  const opened = started.move();
  return {
    name: "Postgres",
    durability,
    space: () => postgresSpace(url, pool, opened),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function postgresSpace(
  url: string,
  admin: Pool,
  opened: AsyncDisposableStack,
): Promise<Space> {
  const schema = `perdure_bench_${randomUUID().replaceAll("-", "")}`;
  await admin.query(`create schema ${schema}`);
  opened.defer(async () => void (await admin.query(`drop schema ${schema} cascade`)));
  let sent = 0;
  class CountingClient extends Client {
    constructor(...options: ConstructorParameters<typeof Client>) {
      super(...options);
      const query = this.query.bind(this);
      this.query = ((...words: Parameters<typeof query>) => {
        sent += 1;
        return query(...words);
      }) as typeof query;
    }
  }
  const pool = opened.adopt(
    new Pool({ connectionString: url, max: CONNECTIONS, Client: CountingClient }),
    (it) => it.end(),
  );
  return {
    backend: () => opened.use(postgresBackend({ pool, schema })),
    raw: () => rawPostgres(pool, schema),
    async langGraph() {
      const saver = new PostgresSaver(pool, undefined, { schema });
      await saver.setup();
      return saver;
    },
    bytes: () => schemaBytes(admin, schema),
    trips: () => sent,
  };
}

async function rawPostgres(pool: Pool, schema: string): Promise<Raw> {
  await pool.query(
    `create table ${schema}.message (id bigint generated always as identity, thread text, body text, primary key (thread, id))`,
  );
  await pool.query(`create table ${schema}.whole (thread text primary key, body text)`);
  await pool.query(`create table ${schema}.newest (thread text primary key, note text)`);
  await pool.query(
    `create table ${schema}.operation (thread text, id text, note text, primary key (thread, id))`,
  );
  await pool.query(`create function ${schema}.insert_once(p_thread text, p_body text, p_id text, p_note text)
    returns void language plpgsql as $$ begin
      insert into ${schema}.message (thread, body) values (p_thread, p_body);
      insert into ${schema}.newest values (p_thread, p_note)
        on conflict (thread) do update set note = excluded.note;
      insert into ${schema}.operation values (p_thread, p_id, p_note);
    end $$`);
  const insert = `insert into ${schema}.message (thread, body) values ($1, $2)`;
  const once = `select ${schema}.insert_once($1, $2, $3, $4)`;
  const select = `select body from ${schema}.message where thread = $1 order by id`;
  const save = `insert into ${schema}.whole values ($1, $2) on conflict (thread) do update set body = excluded.body`;
  const load = `select body from ${schema}.whole where thread = $1`;
  // Named, so that each is prepared once for a connection, as ours are.
  const run = (name: string, text: string, ...values: string[]) =>
    pool.query<{ body: string }>({ name, text, values });
  return {
    insert: (thread, body) => run("insert", insert, thread, body),
    insertOnce: (thread, body, operation) => run("once", once, thread, body, operation, NOTE),
    read: async (thread) => parsed(await run("select", select, thread)),
    save: (thread, body) => run("save", save, thread, body),
    load: async (thread) => parsed(await run("load", load, thread))[0],
  };
}

function parsed({ rows }: { readonly rows: readonly { readonly body: string }[] }): unknown[] {
  return rows.map(({ body }) => JSON.parse(body) as unknown);
}

/** Tables with their indexes and what is kept out of line. */
async function schemaBytes(pool: Pool, schema: string): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    `select sum(pg_total_relation_size(c.oid)) as bytes from pg_class c
     join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'r'`,
    [schema],
  );
  return Number(rows[0]?.bytes ?? 0);
}
