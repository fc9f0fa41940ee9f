import type { Backend } from "@perdure/checkpoint-core";
import { postgresBackend } from "@perdure/checkpoint-postgres";
import { freshName } from "@perdure/engines";
import { Pool, type PoolConfig } from "pg";
import { afterAll, inject, onTestFinished } from "vitest";

/** A schema that is not there yet, in the database of this run. */
export interface Place {
  readonly url: string;
  readonly schema: string;
  /** Drops it with all that it holds. */
  readonly remove: () => Promise<void>;
}

export function newPlace(): Place {
  const schema = freshName();
  const remove = async (): Promise<void> =>
    void (await asOwner(`drop schema if exists "${schema}" cascade`));
  return { url: inject("postgresUrl"), schema, remove };
}

/** The same, removed when the test has finished. */
export function testPlace(): Pick<Place, "url" | "schema"> {
  const { url, schema, remove } = newPlace();
  onTestFinished(remove);
  return { url, schema };
}

/** A pool of this test's, ended when it has finished. */
export function testPool(settings: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: inject("postgresUrl"), ...settings });
  onTestFinished(() => pool.end());
  return pool;
}

/** A schema of one test file: set up once and emptied for each case, which takes a tenth of the time of a new one. */
export interface SharedSchema {
  readonly schema: string;
  /** For this process and for another one. */
  readonly pools: readonly [Pool, Pool];
  /** Resolves when the schema is there and holds nothing. */
  readonly empty: () => Promise<void>;
}

export function sharedSchema(): SharedSchema {
  const { url, schema, remove } = newPlace();
  const pools = [new Pool({ connectionString: url }), new Pool({ connectionString: url })] as const;
  afterAll(async () => {
    for (const pool of pools) await pool.end();
    await remove();
  });
  let ready: Promise<void> | undefined;
  const empty = async (): Promise<void> => {
    ready ??= postgresBackend({ pool: pools[0], schema }).setup("create");
    await ready;
    await pools[0].query(
      `delete from "${schema}".perdure_record; delete from "${schema}".perdure_partition`,
    );
  };
  return { schema, pools, empty };
}

/** What the cases of a suite run on: a backend, and others as other processes would have them. */
interface Subject {
  readonly backend: Backend;
  readonly another: () => Promise<Backend>;
  readonly dispose: () => Promise<void>;
}

/** Subjects in a schema of this test file. */
export function sharedBackends(): () => Promise<Subject> {
  const { schema, pools, empty } = sharedSchema();
  return async () => {
    await empty();
    const backend = postgresBackend({ pool: pools[0], schema });
    return {
      backend,
      another: async () => postgresBackend({ pool: pools[1], schema }),
      dispose: async () => {
        await backend[Symbol.asyncDispose]();
      },
    };
  };
}

const owners = new Map<string, Pool>();

/** Runs SQL as the one whom the database of this run belongs to. */
export async function asOwner(
  text: string,
  values: unknown[] = [],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const url = inject("postgresUrl");
  const owner =
    owners.get(url) ?? new Pool({ connectionString: url, max: 2, allowExitOnIdle: true });
  owners.set(url, owner);
  return (await owner.query(text, values)).rows as readonly Readonly<Record<string, unknown>>[];
}
