import { type Frail, type Place, type Stand, standOn } from "@perdure/drills";
import { freshName, ownServer } from "@perdure/engines";
import {
  postgresBackend,
  type PostgresBackendOptions,
  type PostgresDurability,
} from "@perdure/checkpoint-postgres";
import { Client } from "pg";

/** What each process of a drill opens its backend with. */
export const moduleUrl = new URL("open.ts", import.meta.url);

/** A place of these options, for each process the same. */
export function placeOf(options: PostgresBackendOptions): Place {
  return { module: moduleUrl, given: JSON.stringify(options) };
}

/** A server that keeps what it acknowledged also when the machine dies: `fsync` and `synchronous_commit` are on. */
export async function durableStand(): Promise<Stand> {
  const settings = { fsync: "on", synchronous_commit: "on" };
  return standOn(await ownServer("postgres", { settings }));
}

/** A schema that is set up, on a server. */
export async function freshSchema(url: string): Promise<string> {
  const schema = freshName();
  await using backend = postgresBackend({ url, schema });
  await backend.setup("create");
  return schema;
}

/** A server of its own where `synchronous_commit` is off, and a schema on it. */
export async function frail(durability: PostgresDurability): Promise<Frail> {
  const server = await ownServer("postgres", { settings: { synchronous_commit: "off" } });
  const schema = await freshSchema(server.url);
  return { ...server, ...placeOf({ url: server.url, schema, durability }) };
}

/** Runs SQL as the one whom the server belongs to, on a connection of its own. */
export async function asOwner(
  url: string,
  text: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new Client({ connectionString: url });
  // What goes wrong with it is told to its one call.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(text);
    return rows as readonly Readonly<Record<string, unknown>>[];
  } finally {
    await client.end();
  }
}

/** The URL with these parameters in its query. */
export function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const at = new URL(url);
  for (const [name, value] of Object.entries(query)) at.searchParams.set(name, value);
  return at.href;
}

/** The URL of another database of the same server. */
export function onDatabase(url: string, name: string): string {
  const at = new URL(url);
  at.pathname = name;
  return at.href;
}
